from pathlib import Path

from otel_evaluator.model.markers import CONVERSATION_KEYS

PAGE = (Path(__file__).parent.parent.parent / "docs" / "sampling.md").read_text("utf-8")


def test_the_page_names_every_conversation_key_in_order():
    before = PAGE.partition("## Which key")[2].partition("## ")[0].partition("its own key.")[2]
    keys, group = [], ""
    for name in before.split("`")[1::2]:
        if name.startswith("…."):
            name = group + name[2:]
        group = name.rpartition(".")[0] + "."
        keys.append(name)
    assert keys == [key.decode() for key in CONVERSATION_KEYS]
