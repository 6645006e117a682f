//! Quarterdeck: a terminal operations console for people on call for AWS systems.

pub mod advice;
pub mod app;
pub mod aws;
pub mod check;
pub mod cli;
pub mod command;
pub mod config;
pub mod cost;
pub mod domain;
pub mod journal;
pub mod keymap;
pub mod metrics;
pub mod plan;
pub mod runtime;
pub mod sim;
pub mod stack;
pub mod status;
pub mod theme;
pub mod toml_file;
pub mod triage;
pub mod ui;
