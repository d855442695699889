"""Start Bezel: `python app.py` serves the chat; `python app.py --help` lists the other commands."""

from app.commands import main

if __name__ == "__main__":
    main()
