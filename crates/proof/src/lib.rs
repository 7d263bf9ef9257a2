//! Runs as they are kept, and what a target recorded of one beside what it should have.
