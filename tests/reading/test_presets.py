"""Architectures in one line: each preset is the network that it names, and misuse is refused in one sentence."""

import pytest

import symdyn as sd
from symdyn.errors import ModelError
from symdyn.reading.presets import PRESETS, family, preset

net = sd.networks


@pytest.mark.parametrize("name", PRESETS)
def test_example_of_every_preset_is_proved_from_both_sides(name):
    answer = sd.conservation_laws(preset(PRESETS[name].example))
    assert answer.verdict is sd.Verdict.PROVED
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("linear:5,3,2", net.linear(5, 3, 2)),
        ("linear: 5, 3, bias", net.linear(5, 3, bias=True)),
        ("relu-bias:2,3,1", net.relu(2, 3, 1, bias=True)),
        ("relu:2,3,1,bias=1", net.relu(2, 3, 1, bias=True)),
        ("relu:2,3,1,bias=0", net.relu(2, 3, 1)),
        ("attention:4,2,heads=4,key_heads=2", net.attention(4, 2, heads=4, key_heads=2)),
        ("attention:4,2,rotary", net.attention(4, 2, rotary=True)),
        ("residual:3", net.residual(3)),
        ("residual:3,1,blocks=3", net.residual(3, 1, blocks=3)),
        ("recurrence:1,2,1,steps=3", net.linear_recurrence(1, 2, 1, steps=3)),
        ("autoencoder:4,2,tied_weights", net.autoencoder(4, 2, tied_weights=True)),
        ("relu-conv:2,3,2,kernel=9,second_kernel=1", net.relu_convolution(2, 3, 2, kernel=9, second_kernel=1)),
    ],
)
def test_text_is_the_network_that_it_names(text, network):
    assert preset(text) == network


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("atention:4,2", "'atention' is no preset: did you mean attention\\?"),
        ("attention:4", "'attention:4' gives 1 size: attention takes width, head_width, as in attention:"),
        ("attention:4,2,1", "gives 3 sizes: attention takes width, head_width"),
        ("attention:4,2,head=2", "'head=2' is no option: options are heads, key_heads, bias, rotary"),
        ("attention:4,2,heads=2,heads=3", "the option heads has two values: give one"),
        ("attention:4,2,heads=two", "'heads=two' in 'attention:4,2,heads=two' is no width: write whole numbers"),
        ("attention:4,2,rotary=3", "rotary is on or off, write rotary or leave it out"),
        ("linear:5,3,2,heads=2", "'heads=2' is no option: options are bias"),
        ("lora:8,2,8,rank=2", "'rank=2' is no option: it has no options, as in lora:8,2,8"),
        ("gated:2,1,1,gate=1", "'gate=1' is no option"),
        ("tied:2,\u0664", "is no width: write whole numbers, as in tied:2,4"),
        ("softmax:4,1", "one class: its probability is always 1"),
        ("conv:" + "3," * 40, "is no width"),
    ],
)
def test_misuse_is_refused_in_one_sentence(text, message):
    with pytest.raises(ModelError, match=message) as refusal:
        preset(text)
    assert "\n" not in str(refusal.value)


def test_ranges_of_sizes_are_a_family():
    build, sizes = family("attention:3-5,1-4,heads=2")
    assert sizes == [range(3, 6), range(1, 5)]
    assert build(4, 2) == net.attention(4, 2, heads=2)
    assert build.__name__ == "attention"


def test_sizes_without_a_range_are_no_family():
    assert family("attention:3,2") is None


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (preset, "linear:1-5,2", "'linear:1-5,2' has a range of sizes: one model has one"),
        (family, "linear:5-1,2", "the range 5-1 in 'linear:5-1,2' is empty: write the smaller size first"),
        (family, "linear:1-5-9,2", "is no width"),
        (family, "lora:1-5,2", "gives 2 sizes: low_rank_adaptation|lora takes inputs, rank, outputs"),
    ],
)
def test_ranges_are_refused_where_they_make_no_sense(read, text, message):
    with pytest.raises(ModelError, match=message):
        read(text)
