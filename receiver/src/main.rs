//! `postrider-receiver`: the receiving side as a process of its own.

fn main() {}
