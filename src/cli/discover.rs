//! `stack discover`: stack files from what an account and region hold.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Context, Failure, complain, exit, say, watch};
use crate::{
    domain::{estate::ScopeEstate, fault::Fault},
    runtime::{headless, start::Started},
    stack::{discovery::suggested, model::Stack, written},
};

/// How long it is waited for answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// Writes a file for each stack that is found, or prints them; files that are there are left alone.
pub fn run(context: &Context, out: Option<&Path>, print: bool) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let found = runtime.block_on(find(context));
    runtime.shutdown_background();
    let stacks = found?;
    if print {
        let texts: Vec<String> = stacks.iter().map(|it| format!("# {}.toml\n{}", it.name, written::file(it))).collect();
        say(texts.join("\n").trim_end());
        return Ok(exit::OK);
    }
    let folder = out.map_or_else(|| context.folder.stacks(), Path::to_owned);
    let mut code = exit::OK;
    for stack in &stacks {
        let path = folder.join(format!("{}.toml", stack.name));
        match write(&path, &written::file(stack)) {
            Ok(()) => say(&format!("wrote {}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                complain(&format!(
                    "{} is there already and left as it is; --print shows what was found",
                    path.display()
                ));
                code = exit::ERROR;
            }
            Err(error) => return Err(Failure::error(format!("failed to write {}: {error}", path.display()))),
        }
    }
    Ok(code)
}

async fn find(context: &Context) -> Result<Vec<Stack>, Failure> {
    let Started { mut app, clock, performer, mut answers } = watch::start_discovery(context).await?;
    headless::look(&mut app, clock, &performer, &mut answers, PATIENCE).await;
    let known = app.discovery.as_ref().and_then(|scope| Some((scope, app.estate.scope(scope)?)));
    let Some((scope, known)) = known else { return Err(Failure::error("nothing answered")) };
    let faults = faults(known);
    for fault in &faults {
        complain(&format!("not read: {}: {}: {}", fault.operation, fault.code, fault.message));
    }
    let stacks = suggested(scope, known);
    match (stacks.is_empty(), faults.is_empty()) {
        (false, _) => Ok(stacks),
        (true, true) => Err(Failure::error(format!("{scope} has no ECS service and no Auto Scaling group"))),
        (true, false) => Err(Failure::error(format!("nothing was found in {scope}"))),
    }
}

/// Why what stacks are made of could not be read.
fn faults(known: &ScopeEstate) -> Vec<&Fault> {
    let lists = [
        known.identity.fault(),
        known.clusters.fault(),
        known.groups.fault(),
        known.target_groups.fault(),
        known.alarms.fault(),
    ];
    lists.into_iter().chain(known.services.values().map(|it| it.fault())).flatten().collect()
}

fn write(path: &PathBuf, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
