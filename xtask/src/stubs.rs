//! placeholder
pub fn run(_: &[String]) -> crate::Outcome {
    Err("later".into())
}
