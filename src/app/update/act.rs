//! Keys while a menu, a form, a plan or an operation lies over the view. These keys are fixed: no keymap can move the
//! one that confirms.

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::{Input, backend::crossterm::EventHandler};

use super::{cursor, notify};
use crate::{
    app::{
        App,
        act::{
            ActPane, Ask, Asked, Confirmed, Missing, form,
            menu::{Leads, menu},
            operations, planning, text,
        },
        effect::Effect,
        layout::Layout,
        overlay::Overlay,
    },
    domain::{id::OperationId, order::Order, verb::Verb},
    plan::{model::Confirmation, operation::Operation},
};

/// Opens the menu for the marks or the row under the cursor.
pub fn open(app: &mut App) {
    if app.settings.read_only {
        return notify(app, "read-only: nothing can be changed from here");
    }
    let chosen = cursor::chosen(app);
    match menu(app, &chosen) {
        Some(menu) => app.overlay = Some(Overlay::Act(ActPane::Menu(menu))),
        None => notify(app, "no change can be made here: go to a service, task, deployment, group or gateway"),
    }
}

/// Does what one line of the menu does, by its verb: for the palette.
pub fn choose(app: &mut App, verb: Verb) -> Vec<Effect> {
    let chosen = cursor::chosen(app);
    let found = menu(app, &chosen).and_then(|it| it.offers.into_iter().find(|it| it.verb == verb));
    if let Some(offer) = found {
        return lead(app, offer.leads);
    }
    notify(app, format!("{} does not apply here", verb.word()));
    Vec::new()
}

fn lead(app: &mut App, leads: Leads) -> Vec<Effect> {
    match leads {
        Leads::Plan(action) => planning::begin(app, action, None),
        Leads::Form(filled) => form::open(app, *filled),
    }
}

/// Takes in one key.
pub fn press(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    if key.code == KeyCode::Esc {
        match app.overlay.take() {
            Some(Overlay::Act(ActPane::Cockpit { operation, scroll, ask: Some(_) })) => {
                app.overlay = Some(Overlay::Act(ActPane::Cockpit { operation, scroll, ask: None }));
            }
            // What was typed is mended there, rather than typed again.
            Some(Overlay::Act(ActPane::Refused { form: Some(form), .. })) => {
                app.overlay = Some(Overlay::Act(ActPane::Form(form)));
            }
            _ => {}
        }
        return Vec::new();
    }
    let Some(Overlay::Act(pane)) = &mut app.overlay else { return Vec::new() };
    match pane {
        ActPane::Menu(_) => in_menu(app, key),
        ActPane::Form(_) => in_form(app, key),
        ActPane::Plan(_) => in_plan(app, key),
        ActPane::Cockpit { operation, .. } => {
            let id = operation.clone();
            in_cockpit(app, &id, key)
        }
        ActPane::Planning(_) | ActPane::Refused { .. } => Vec::new(),
    }
}

fn in_menu(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Act(ActPane::Menu(menu))) = &mut app.overlay else { return Vec::new() };
    let last = menu.offers.len().saturating_sub(1);
    match key.code {
        KeyCode::Up => menu.selected = menu.selected.saturating_sub(1),
        KeyCode::Down => menu.selected = (menu.selected + 1).min(last),
        KeyCode::Enter => {
            let leads = menu.offers.get(menu.selected).map(|it| it.leads.clone());
            return leads.map_or_else(Vec::new, |it| lead(app, it));
        }
        KeyCode::Char(letter) => {
            let leads = menu.offers.iter().find(|it| it.key == letter).map(|it| it.leads.clone());
            return leads.map_or_else(Vec::new, |it| lead(app, it));
        }
        _ => {}
    }
    Vec::new()
}

fn in_form(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Act(ActPane::Form(form))) = &mut app.overlay else { return Vec::new() };
    match key.code {
        KeyCode::Up => form.step(-1),
        KeyCode::Down => form.step(1),
        KeyCode::Tab => form.turn(),
        KeyCode::Enter => match form.action() {
            Ok(action) => {
                let form = form.clone();
                return planning::begin_filled(app, action, form);
            }
            Err(fault) => form.fault = Some(fault.into()),
        },
        _ => {
            let changed = form.input.handle_event(&Event::Key(key));
            if changed.is_some_and(|it| it.value) {
                form.retyped();
            }
        }
    }
    // What the cursor is on now may have to be read.
    form::go_on(app)
}

fn in_plan(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    if scroll(app, key) {
        return Vec::new();
    }
    let now = app.now;
    let Some(Overlay::Act(ActPane::Plan(pane))) = &mut app.overlay else { return Vec::new() };
    let by_key = pane.plan.confirmation == Confirmation::Key;
    let confirms = match key.code {
        KeyCode::Tab if !by_key || pane.plan.production => {
            pane.at_reason = !pane.at_reason && pane.plan.production;
            false
        }
        KeyCode::Enter => !by_key || pane.plan.is_expired(now),
        KeyCode::Char('y') if by_key => true,
        _ => {
            let input = if pane.at_reason { &mut pane.reason } else { &mut pane.typed };
            if !by_key {
                input.handle_event(&Event::Key(key));
            }
            false
        }
    };
    if confirms { confirm(app) } else { Vec::new() }
}

/// Confirms the plan on screen, or says what it lacks; one that has expired is made anew.
fn confirm(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(Overlay::Act(ActPane::Plan(pane))) = &mut app.overlay else { return Vec::new() };
    let lacks = match pane.missing(now) {
        None => {
            let how = match &pane.plan.confirmation {
                Confirmation::Type(text) => format!("by typing {text}"),
                _ => "by a key".to_owned(),
            };
            let reason = Some(pane.reason.value().trim().to_owned()).filter(|it| !it.is_empty());
            let confirmed = Confirmed { how: how.into(), reason: reason.map(Into::into), timeout: None };
            return planning::confirm(app, confirmed);
        }
        Some(Missing::Time) => {
            notify(app, "the plan had expired: it is made anew");
            return planning::begin_anew(app);
        }
        Some(Missing::Reason) => {
            pane.at_reason = true;
            "say why: the journal keeps it"
        }
        Some(Missing::Text) => "not confirmed: the text is not typed",
        Some(Missing::Leave) => "not confirmed: blocked",
        Some(Missing::Drawing) => "not confirmed: not drawn yet",
    };
    notify(app, lacks);
    Vec::new()
}

fn in_cockpit(app: &mut App, id: &OperationId, key: KeyEvent) -> Vec<Effect> {
    if let Some(Overlay::Act(ActPane::Cockpit { ask: Some(_), .. })) = &app.overlay {
        return answer(app, id, key);
    }
    if scroll(app, as_arrow(key)) || to_keys(app, key) {
        return Vec::new();
    }
    if app.act.operation(id).is_some_and(|it| it.group.is_some()) {
        return in_cockpit_of_group(app, id, key);
    }
    match key.code {
        KeyCode::Char('r') => return operations::roll_back(app, id),
        KeyCode::Char('s') => {
            if app.act.operation(id).is_some_and(Operation::may_begin_more) {
                ask(app, Asked::BeginNoMore);
            } else {
                notify(app, "nothing more of it is to begin; what is under way is watched to its end");
            }
        }
        KeyCode::Tab => operations::open(app, Some(id)),
        KeyCode::Char('q') => app.overlay = None,
        _ => {}
    }
    Vec::new()
}

fn in_cockpit_of_group(app: &mut App, id: &OperationId, key: KeyEvent) -> Vec<Effect> {
    let under_way = app.act.operation(id).filter(|it| !it.has_ended());
    let drains = under_way.is_some_and(Operation::drains);
    let refreshes = under_way.is_some_and(Operation::refreshes);
    match key.code {
        KeyCode::Char('p') => return operations::order(app, id, Order::Pause),
        KeyCode::Char('c') => return operations::order(app, id, Order::GoOn),
        KeyCode::Char('a') if drains || refreshes => {
            let lost = under_way.map_or(0, |it| it.lost_by_putting_back(&app.estate));
            let typed = Input::default();
            ask(app, if lost > 0 { Asked::GiveUpAndPutBack { typed } } else { Asked::PutBack });
        }
        KeyCode::Char('s') if refreshes => ask(app, Asked::StopRefresh),
        KeyCode::Char('r') => return operations::roll_group_back(app, id),
        KeyCode::Char('e') if drains => ask(app, Asked::GiveUp { typed: Input::default() }),
        KeyCode::Tab => operations::open(app, Some(id)),
        KeyCode::Char('q') => app.overlay = None,
        _ => {}
    }
    Vec::new()
}

fn ask(app: &mut App, what: Asked) {
    if let Some(Overlay::Act(ActPane::Cockpit { ask, .. })) = &mut app.overlay {
        *ask = Some(Ask { what, drawn: false });
    }
}

/// A key while something is asked.
fn answer(app: &mut App, id: &OperationId, key: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Act(ActPane::Cockpit { ask: Some(asked), .. })) = &mut app.overlay else { return Vec::new() };
    let drawn = asked.drawn;
    let goes_back = matches!(asked.what, Asked::GiveUpAndPutBack { .. });
    let order = match (&mut asked.what, key.code) {
        (Asked::PutBack, KeyCode::Char('y')) if drawn => Order::PutBack,
        (Asked::BeginNoMore, KeyCode::Char('y')) if drawn => Order::Pause,
        (Asked::StopRefresh, KeyCode::Char('y')) if drawn => Order::StopRefresh,
        (Asked::GiveUp { typed } | Asked::GiveUpAndPutBack { typed }, KeyCode::Enter) if drawn => {
            // A number that is wrong is not typed on.
            let typed: Option<u32> = typed.value_and_reset().trim().parse().ok();
            let open = app.act.operation(id).and_then(|it| text::at_stake(app, it, goes_back));
            let Some(sessions) = typed.filter(|_| typed == open) else {
                notify(app, "not given up: that is not the number of sessions that are left");
                return Vec::new();
            };
            Order::GiveUp { sessions }
        }
        (Asked::GiveUp { typed } | Asked::GiveUpAndPutBack { typed }, _) => {
            typed.handle_event(&Event::Key(key));
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    if let Some(Overlay::Act(ActPane::Cockpit { ask, .. })) = &mut app.overlay {
        *ask = None;
    }
    let mut effects = operations::order(app, id, order);
    if goes_back {
        effects.extend(operations::order(app, id, Order::PutBack));
    }
    effects
}

/// Where nothing is typed, `j` and `k` are arrows as everywhere.
fn as_arrow(key: KeyEvent) -> KeyEvent {
    match key.code {
        KeyCode::Char('j') => KeyCode::Down.into(),
        KeyCode::Char('k') => KeyCode::Up.into(),
        _ => key,
    }
}

/// Scrolls the text of the pane; `false` where the key is for something else.
fn scroll(app: &mut App, key: KeyEvent) -> bool {
    let page = Layout::of(app).page().saturating_sub(3).max(1);
    let by = match key.code {
        KeyCode::Up => -1,
        KeyCode::Down => 1,
        KeyCode::PageUp => -page.cast_signed(),
        KeyCode::PageDown => page.cast_signed(),
        _ => return false,
    };
    let width = usize::from(app.size.0);
    let Some(Overlay::Act(pane)) = &app.overlay else { return false };
    let last = text::lines(app, pane, width).len().saturating_sub(page);
    match &mut app.overlay {
        Some(Overlay::Act(ActPane::Plan(pane))) => pane.scroll = pane.scroll.saturating_add_signed(by).min(last),
        Some(Overlay::Act(ActPane::Cockpit { scroll, .. })) => *scroll = scroll.saturating_add_signed(by).min(last),
        _ => return false,
    }
    true
}

/// `?` goes to the end of the cockpit, where its keys are explained, and from there back to its beginning.
fn to_keys(app: &mut App, key: KeyEvent) -> bool {
    if key.code != KeyCode::Char('?') {
        return false;
    }
    let Some(Overlay::Act(pane @ ActPane::Cockpit { .. })) = &app.overlay else { return false };
    let page = Layout::of(app).page().saturating_sub(3).max(1);
    let last = text::lines(app, pane, usize::from(app.size.0)).len().saturating_sub(page);
    if let Some(Overlay::Act(ActPane::Cockpit { scroll, .. })) = &mut app.overlay {
        *scroll = if *scroll < last { last } else { 0 };
    }
    true
}

/// Pasted text goes into forms and reasons; never into what confirms.
pub fn paste(app: &mut App, text: &str) {
    let input = match &mut app.overlay {
        Some(Overlay::Act(ActPane::Form(form))) => &mut form.input,
        Some(Overlay::Act(ActPane::Plan(pane))) if pane.at_reason => &mut pane.reason,
        _ => return,
    };
    for letter in text.chars() {
        input.handle(tui_input::InputRequest::InsertChar(letter));
    }
    if let Some(Overlay::Act(ActPane::Form(form))) = &mut app.overlay {
        form.retyped();
    }
}

/// The screen has been drawn: what is on it may be confirmed from now on.
pub fn drawn(app: &mut App) {
    match &mut app.overlay {
        Some(Overlay::Act(ActPane::Plan(pane))) => pane.drawn = true,
        Some(Overlay::Act(ActPane::Cockpit { ask: Some(ask), .. })) => ask.drawn = true,
        _ => {}
    }
}

/// Confirms without a key: a verb's `--yes`, and its `--confirm TEXT` where the plan needs one.
pub fn confirm_unseen(app: &mut App, typed: Option<&str>, confirmed: Confirmed) -> Vec<Effect> {
    let Some(Overlay::Act(ActPane::Plan(pane))) = &app.overlay else { return Vec::new() };
    let holds = !pane.plan.is_expired(app.now)
        && match &pane.plan.confirmation {
            Confirmation::Key => true,
            Confirmation::Type(text) => typed == Some(text.as_str()),
            Confirmation::Impossible => false,
        };
    if holds { planning::confirm(app, confirmed) } else { Vec::new() }
}
