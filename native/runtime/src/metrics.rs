//! Numbers as Prometheus reads them: its text exposition format, version 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
//!
//! Units are base units and last in the name, as Prometheus wants them.

use std::fmt::Write;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only grows, until the process ends; its name ends in `_total`.
    Counter,
}

/// A page being written.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// Adds a number.
    pub fn add(&mut self, name: &str, kind: Kind, help: &str, value: i64) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    /// Adds one number for each set of labels.
    pub fn add_each(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        rows: &[(Vec<(&str, &str)>, i64)],
    ) {
        self.head(name, kind, help);
        for (labels, value) in rows {
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(value, true)))
                .collect();
            let _ = writeln!(self.0, "{name}{{{}}} {value}", labels.join(","));
        }
    }

    /// Adds a 1 whose labels are the information.
    pub fn info(&mut self, name: &str, help: &str, labels: &[(&str, &str)]) {
        self.add_each(name, Kind::Gauge, help, &[(labels.to_vec(), 1)]);
    }

    fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        let help = escaped(help, false);
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// The text.
    pub fn finish(self) -> String {
        self.0
    }
}

/// Quotes are escaped in labels only.
fn escaped(text: &str, label: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if label => escaped.push_str("\\\""),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Kind, Page};

    #[test]
    fn a_page_is_what_the_format_says() {
        let mut page = Page::default();
        page.add("a_total", Kind::Counter, "All \\ of\nthem \"here\".", -3);
        page.info("b_info", "What.", &[("x", "1\n\"2\"\\"), ("y", "")]);
        page.add_each(
            "c",
            Kind::Gauge,
            "Each.",
            &[(vec![("x", "1")], 2), (vec![("x", "3")], 4)],
        );
        assert_eq!(
            page.finish(),
            "# HELP a_total All \\\\ of\\nthem \"here\".\n# TYPE a_total counter\na_total -3\n\
             # HELP b_info What.\n# TYPE b_info gauge\nb_info{x=\"1\\n\\\"2\\\"\\\\\",y=\"\"} 1\n\
             # HELP c Each.\n# TYPE c gauge\nc{x=\"1\"} 2\nc{x=\"3\"} 4\n"
        );
    }
}
