"""Every sentence a person reads; one function a sentence, notices in the language of the person."""
