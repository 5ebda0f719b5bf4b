//! What is wrong with the book that mdBook does not find.

#[cfg(test)]
mod chapters;
pub(crate) mod figures;
pub(crate) mod glossary;
pub(crate) mod links;
pub(crate) mod outline;
pub(crate) mod pitfalls;
mod prose;
#[cfg(test)]
mod python;
pub(crate) mod unshown;
pub(crate) mod weight;
