//! Sequences of chords as a tree: what a begun sequence leads to.

use std::collections::BTreeMap;

use crate::command::Command;

use super::chord::Chord;

/// The sequences of one context.
///
/// Invariant: no sequence is the beginning of another; `conflict` refuses files that would have it so.
#[derive(Debug, Clone, Default)]
pub struct Trie {
    root: BTreeMap<Chord, Node>,
}

#[derive(Debug, Clone)]
enum Node {
    Command(Command),
    Branch(BTreeMap<Chord, Node>),
}

/// Where some chords lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Command(Command),
    /// More chords are needed.
    Prefix,
    Nothing,
}

impl Trie {
    pub fn insert(&mut self, chords: &[Chord], command: Command) {
        let Some((last, before)) = chords.split_last() else { return };
        let mut branch = &mut self.root;
        for chord in before {
            let node = branch.entry(*chord).or_insert_with(|| Node::Branch(BTreeMap::new()));
            match node {
                Node::Branch(inner) => branch = inner,
                Node::Command(_) => return,
            }
        }
        branch.insert(*last, Node::Command(command));
    }

    pub fn find(&self, chords: &[Chord]) -> Found {
        let mut branch = &self.root;
        for (index, chord) in chords.iter().enumerate() {
            match branch.get(chord) {
                Some(Node::Branch(inner)) => branch = inner,
                Some(Node::Command(command)) if index + 1 == chords.len() => return Found::Command(*command),
                None | Some(Node::Command(_)) => return Found::Nothing,
            }
        }
        Found::Prefix
    }

    /// Every sequence that leads to `command`.
    pub fn sequences(&self, command: Command) -> Vec<Vec<Chord>> {
        let mut found = Vec::new();
        collect(&self.root, command, &mut Vec::new(), &mut found);
        found
    }
}

fn collect(branch: &BTreeMap<Chord, Node>, command: Command, path: &mut Vec<Chord>, found: &mut Vec<Vec<Chord>>) {
    for (chord, node) in branch {
        path.push(*chord);
        match node {
            Node::Command(it) if *it == command => found.push(path.clone()),
            Node::Command(_) => {}
            Node::Branch(inner) => collect(inner, command, path, found),
        }
        path.pop();
    }
}
