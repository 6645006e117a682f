//! `docs/signals.md` is what the rules say of themselves.
//!
//! `QUARTERDECK_SIGNALS=write` writes it anew instead of comparing.

use std::{env, fmt::Write, fs, path::Path};

use quarterdeck::triage::{
    RULES,
    precedence::{Near, PRECEDENCE, Precedence},
};

const COMMAND: &str = "QUARTERDECK_SIGNALS=write cargo test --test all signals";

const HEAD: &str = "\
# Signals

A signal is something wrong: how bad, what, since when, on what evidence, and what to do next. Signals are derived anew from \
what AWS last answered; none is remembered. A rule that lacks data stays silent, and the reads that fail are signals \
themselves.

`critical`: users are hurt, or will be within minutes. `warning`: needs an eye soon. `notice`: worth knowing.

A signal that stays and that nobody can do anything about, as a dead alarm of somebody else, can be muted: `:mute` in the \
console, with the cursor on what it is about. It is kept in `muted.json` in the state folder, for this rule and this \
resource, and counted beside the others; `:unmute` lists what is muted and tells it again. What gets worse than it was is \
told in any case. `quarterdeck status` lists what is muted, marked so, and its exit code does not count it.

This page is written from the rules (`src/triage`) by

```sh
";

const PRECEDENCES: &str = "
## One cause, one signal

Where several rules see the same trouble, the one that is nearer to the cause speaks, as severely as the worst of those that \
stay silent.

| while this speaks | these stay silent | about |
|---|---|---|
";

fn page() -> String {
    let mut page = format!("{HEAD}{COMMAND}\n```\n\n| signal | meaning |\n|---|---|\n");
    for rule in RULES {
        writeln!(page, "| [{0}](#{0}) | {1} |", rule.name, rule.meaning).expect("text");
    }
    for rule in RULES {
        let words = [
            ("Severity", rule.severity),
            ("When it fires", rule.fires),
            ("Evidence", rule.evidence),
            ("What to do", rule.next),
        ];
        write!(page, "\n## {}\n\n{}.\n\n", rule.name, capital(rule.meaning)).expect("text");
        for (label, text) in words {
            writeln!(page, "- **{label}**: {text}.").expect("text");
        }
    }
    page.push_str(PRECEDENCES);
    for Precedence(speaks, near, silent) in PRECEDENCE {
        let silent: Vec<String> = silent.iter().map(|it| format!("`{it}`")).collect();
        writeln!(page, "| `{speaks}` | {} | {} |", silent.join(", "), about(*near)).expect("text");
    }
    page
}

fn about(near: Near) -> &'static str {
    match near {
        Near::Same => "the same resource",
        Near::Behind => "the service behind the target group",
        Near::Member => "an instance of the group",
        Near::Region => "whatever the stack has in the same profile and region",
        Near::Scope => "anything in the same profile and region",
        Near::Watched => "an alarm on what the rule goes by; it is named in the evidence",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

#[test]
fn the_page_says_what_the_rules_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/signals.md");
    if env::var_os("QUARTERDECK_SIGNALS").is_some_and(|it| it == "write") {
        fs::write(path, page()).expect("a folder to write to");
        return;
    }
    let stored = fs::read_to_string(path).unwrap_or_default();
    assert!(stored == page(), "docs/signals.md is not what the rules say: write it with `{COMMAND}`");
}
