import torch

from model.catalog import DEMO
from model.loading import load


def test_int8_keeps_the_likeliest_tokens_of_the_bundled_checkpoint():
    plain, rounded = (load(DEMO, device="cpu", precision=name) for name in ("float32", "int8"))
    prompt = plain.tokenizer.apply_chat_template(
        [{"role": "user", "content": "Who are you?"}], add_generation_prompt=True, return_tensors="pt"
    )["input_ids"]

    said = [
        one.model.generate(input_ids=prompt, max_new_tokens=24, do_sample=False)[0]
        for one in (plain, rounded)
    ]
    with torch.inference_mode():
        logits = [one.model(said[0][None]).logits[0] for one in (plain, rounded)]

    linear = [part for part in rounded.model.modules() if isinstance(part, torch.nn.Linear)]
    assert linear == []
    error = (logits[0] - logits[1]).abs().mean() / logits[0].std()
    assert 0 < error < 0.3
    assert (logits[0].argmax(-1) == logits[1].argmax(-1)).float().mean() > 0.9
    assert rounded.choice.precision == "int8"
