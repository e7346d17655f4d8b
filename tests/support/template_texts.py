"""Templates for tests: plays of a user's own by chance, all of them acceptable."""

from typing import Any

from hypothesis import strategies as st

from opportune.analysis.plays.play import Play, Texts, bundled_plays
from opportune.analysis.plays.stored import template_of
from opportune.analysis.rules.registry import TRIGGERS
from opportune.model.records import LANGUAGES, Template

WORDS = st.lists(
    st.sampled_from(["SAP", "backup", "Web", ".NET 8", "a", "Ñandú", "C++ (x)"]), min_size=1
)
RATING = st.integers(1, 5)
LIMIT = st.integers(0, 1_000_000)
ENGINES = st.lists(
    st.sampled_from(["oracle", "sql-server", "mysql", "mariadb", "postgresql"]), min_size=1
)
FRACTION = st.sampled_from([0.01, 0.2, 0.5, 1])
BY_RULE: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "containers": {"web": WORDS, "services": WORDS, "runtimes": WORDS},
    "databases": {"engines": ENGINES},
    "end-of-database-support": {"products": ENGINES},
    "end-of-server-support": {
        "products": st.lists(st.sampled_from(["rhel", "windows-server", "ubuntu"]), min_size=1)
    },
    "file-storage": {"file_servers": WORDS, "cold": WORDS},
    "graviton": {"arm64": st.sampled_from([{}, {"rhel": ["8"]}, {"ubuntu": ["24.04"]}])},
    "hypervisor": {"name": st.sampled_from(["vmware", "v", "x"]), "answer_words": WORDS},
    "inventory": {"exit_places": WORDS, "exit_words": WORDS},
    "low-ratings": {
        "headings": WORDS,
        "at_most": RATING,
        "contradiction": st.sampled_from(["accounts", "experience"]),
        "unencrypted": st.booleans(),
    },
    "microsoft-licences": {"many": LIMIT, "licence_words": WORDS},
    "migration-programme": {
        "medium": LIMIT,
        "high": LIMIT,
        "at_most": RATING,
        "configured": st.dictionaries(st.sampled_from(["assess", "mobilize", "migrate"]), LIMIT),
    },
    "non-production": {"hours": st.integers(1, 168), "many": LIMIT},
    "pillar-gaps": {
        "at_most": RATING,
        "pillars": st.dictionaries(
            st.sampled_from(["cost", "operations", "reliability", "security"]), WORDS
        ),
    },
    "recovery-gap": {"at_most": RATING, "recovery_headings": WORDS, "backup_headings": WORDS},
    "right-sizing": {
        "defaults": st.lists(st.tuples(FRACTION, FRACTION).map(list), max_size=3),
        "constant_share": FRACTION,
        "constant_from": st.integers(2, 5),
        "medium_share": FRACTION,
    },
    "sap": {"names": WORDS, "engines": WORDS},
    "sql-server-licences": {},
}
PRIORITIES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.just({"rule": "worst"}),
    st.sampled_from(["High", "Medium", "Low"]).map(lambda level: {"rule": "fixed", "level": level}),
    st.tuples(LIMIT, LIMIT).map(lambda t: {"rule": "by-arr", "high": t[0], "medium": t[1]}),
)


@st.composite
def files(draw: st.DrawFn, own_id: str = "") -> Play:
    """Return a play of the user's own, or of a built-in one the user's version."""
    play = draw(st.sampled_from(bundled_plays()))
    given = BY_RULE[play.trigger["rule"]]
    trigger = {name: draw(given[name]) for name in sorted(given) if draw(st.booleans())}
    languages = draw(st.lists(st.sampled_from(LANGUAGES), min_size=1, unique=True))
    texts = {language: draw(texts_for(play.trigger["rule"])) for language in languages}
    return Play(
        id=own_id or play.id,
        play=play.id,
        category=draw(st.sampled_from(["", "Migración", "Our own"])),
        trigger=trigger,
        priority=draw(PRIORITIES),
        **texts,
    )


def texts_for(rule: str) -> st.SearchStrategy[Texts]:
    """Return texts that say any of a rule's values."""
    values = TRIGGERS[rule].values
    counts, names = sorted(values.counts), sorted(values.names | {"arr", "customer"})
    said = st.one_of(
        st.sampled_from(names).map("{{{}}}".format),
        st.sampled_from(counts).map("{{{}:thing|things}}".format),
        st.sampled_from(counts).map("{{{}:|is|are}}".format),
        st.sampled_from(["word", "100 %", "{{a}}", "ñ", "\U0001f600"]),
    )
    sentence = st.lists(said, min_size=1, max_size=6).map(" ".join)
    line = st.one_of(
        sentence,
        st.builds(
            lambda w, t: {"when": w, "text": t}, st.sampled_from(sorted(values.names)), sentence
        ),
    )
    lines = st.lists(line, max_size=3)
    return st.builds(
        lambda title, priority, a, b, c: Texts.checked(
            title=title, priority=priority, reasoning=a, talking_points=b, next_steps=c
        ),
        sentence,
        st.one_of(st.just(""), sentence.map("{{priority}}: {}".format)),
        lines,
        lines,
        lines,
    )


def stored(file: Play, version: int = 1) -> Template:
    """Return what a store would keep of a file."""
    return template_of(file, file.id).revised(version=version)
