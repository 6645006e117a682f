//! The palette: commands, stacks and resources by name, matched fuzzily.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::{InputRequest, backend::crossterm::EventHandler};

use super::{cursor, keys, mute, navigate};
use crate::{
    app::{
        App,
        effect::Effect,
        joins::Joins,
        overlay::{Choice, Chosen, Overlay, Palette},
        place::Place,
    },
    command::{COMMANDS, Command, Entry, ViewName},
    domain::{
        id::{Kind, ResourceId},
        text::SafeText,
    },
};

/// More choices than anybody reads.
const MOST: usize = 50;

pub fn open(app: &mut App) {
    let palette = Palette { choices: matching(app, ""), ..Palette::default() };
    app.overlay = Some(Overlay::Palette(palette));
}

/// Opens the palette on what is muted alone; what is typed from then on looks among everything.
pub fn open_on_muted(app: &mut App) {
    let input = tui_input::Input::new("unmute ".to_owned());
    app.overlay = Some(Overlay::Palette(Palette { input, choices: muted(app).collect(), ..Palette::default() }));
}

fn muted(app: &App) -> impl Iterator<Item = Choice> {
    app.mutes.iter().map(|it| {
        let title = format!("unmute {} {}", it.rule, it.subject.name());
        choice(&title, it.summary.as_str(), Chosen::Unmute(it.clone()))
    })
}

/// Takes in one key while the palette is open.
pub fn press(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = &mut app.overlay else { return Vec::new() };
    let last = palette.choices.len().saturating_sub(1);
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => app.overlay = None,
        KeyCode::Char('c' | 'g') if control => app.overlay = None,
        KeyCode::Up => palette.selected = palette.selected.saturating_sub(1),
        KeyCode::Char('p') if control => palette.selected = palette.selected.saturating_sub(1),
        KeyCode::Down => palette.selected = (palette.selected + 1).min(last),
        KeyCode::Char('n') if control => palette.selected = (palette.selected + 1).min(last),
        KeyCode::Tab => complete(app),
        KeyCode::Enter => return choose(app),
        _ => {
            palette.input.handle_event(&Event::Key(key));
            renew(app);
        }
    }
    Vec::new()
}

/// Pasted text goes into the input.
pub fn paste(app: &mut App, text: &str) {
    let Some(Overlay::Palette(palette)) = &mut app.overlay else { return };
    for letter in text.chars() {
        palette.input.handle(InputRequest::InsertChar(letter));
    }
    renew(app);
}

/// Puts the selected choice's title into the input.
fn complete(app: &mut App) {
    let Some(Overlay::Palette(palette)) = &mut app.overlay else { return };
    let Some(choice) = palette.choices.get(palette.selected) else { return };
    palette.input = tui_input::Input::new(choice.title.to_string());
    renew(app);
}

fn renew(app: &mut App) {
    let Some(Overlay::Palette(palette)) = &app.overlay else { return };
    let choices = matching(app, palette.input.value());
    if let Some(Overlay::Palette(palette)) = &mut app.overlay {
        palette.choices = choices;
        palette.selected = 0;
    }
}

/// Does what the selected line says.
fn choose(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = app.overlay.take() else { return Vec::new() };
    match palette.choices.into_iter().nth(palette.selected).map(|choice| choice.action) {
        Some(Chosen::Run(command)) => keys::run(app, command),
        Some(Chosen::Go(place)) => {
            app.history.go(place);
            Vec::new()
        }
        Some(Chosen::Find(id, place)) => {
            app.history.go(place);
            cursor::put_on(app, id);
            Vec::new()
        }
        Some(Chosen::Begin(name)) => vec![Effect::BeginScenario(name)],
        Some(Chosen::Unmute(it)) => mute::unmute(app, &it),
        None => Vec::new(),
    }
}

/// Everything that matches what was typed, best first.
fn matching(app: &App, typed: &str) -> Vec<Choice> {
    let pattern = Pattern::parse(typed.trim(), CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, Choice)> = candidates(app)
        .into_iter()
        .filter_map(|mut choice| {
            let title = choice.title.to_string();
            let score = pattern.indices(Utf32Str::new(&title, &mut buffer), &mut matcher, &mut choice.matched)?;
            // A name typed out in full is what is meant, whatever else contains it.
            Some((if title == typed.trim() { u32::MAX } else { score }, choice))
        })
        .collect();
    scored.sort_by(|(left, _), (right, _)| right.cmp(left));
    scored.into_iter().map(|(_, choice)| choice).take(MOST).collect()
}

/// What can be chosen: places first, what is done here after them, leaving last.
fn candidates(app: &App) -> Vec<Choice> {
    let joins = Joins::of(app);
    let run = |entry: &Entry| choice(entry.id, entry.summary, Chosen::Run(entry.command));
    let allowed = |entry: &&Entry| !(app.settings.read_only && entry.command.writes());
    let is_place = |entry: &&Entry| matches!(entry.command, Command::View(_));
    let mut choices: Vec<Choice> = COMMANDS.iter().filter(is_place).map(run).collect();
    for stack in &app.stacks {
        let id = ResourceId::stack(stack.name.as_str());
        let summary = format!("stack: {}", stack.title);
        choices.push(choice(stack.name.as_str(), &summary, Chosen::Go(Place::within(ViewName::Stack, id))));
    }
    for (scope, known) in &app.estate.scopes {
        let services = known.services.values().filter_map(|it| it.value()).flat_map(|it| it.values());
        for service in services {
            let id = ResourceId::new(Kind::Service, scope, service.arn.wire());
            let summary = format!("service in {scope}");
            let place = navigate::place_of(&joins, &id);
            choices.push(choice(service.name.as_str(), &summary, Chosen::Find(id, place)));
        }
        for group in known.groups.value().into_iter().flat_map(|it| it.values()) {
            let id = ResourceId::new(Kind::Group, scope, group.name.as_str());
            let place = Place::within(ViewName::Gateways, id);
            choices.push(choice(group.name.as_str(), &format!("group in {scope}"), Chosen::Go(place)));
        }
    }
    let rest = COMMANDS
        .iter()
        .filter(allowed)
        .filter(|it| !is_place(it) && !matches!(it.command, Command::Palette | Command::Quit));
    choices.extend(rest.map(run));
    choices.extend(app.scenarios.iter().map(|scenario| {
        let title = format!("scenario {}", scenario.name);
        choice(&title, scenario.title.as_str(), Chosen::Begin(scenario.name.clone()))
    }));
    choices.extend(muted(app));
    choices.push(run(Command::Quit.entry()));
    choices
}

fn choice(title: &str, summary: &str, action: Chosen) -> Choice {
    Choice { title: SafeText::new(title), summary: SafeText::new(summary), action, matched: Vec::new() }
}
