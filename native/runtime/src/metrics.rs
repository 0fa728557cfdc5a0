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
    /// How often a value was at most each of some bounds.
    Histogram,
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
        self.family(name, kind, help);
        for (labels, value) in rows {
            self.sample(name, labels, value);
        }
    }

    /// Adds a 1 whose labels are the information.
    pub fn info(&mut self, name: &str, help: &str, labels: &[(&str, &str)]) {
        self.head(name, Kind::Gauge, help);
        self.sample(name, labels, 1);
    }

    /// Begins a number that several have, each with labels of its own: [`Page::sample`] or
    /// [`Page::histogram`] follow.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        self.head(name, kind, help);
    }

    /// One of them.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{{{}}} {value}", joined(labels));
    }

    /// One of them, of a histogram: `buckets` are upper bounds, growing, each with how many
    /// values were not above it; `sum` and `count` are of all.
    pub fn histogram(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        buckets: impl IntoIterator<Item = (f64, u64)>,
        sum: f64,
        count: u64,
    ) {
        let bound = |bound: &str| {
            let all = [labels, &[("le", bound)]].concat();
            joined(&all)
        };
        for (upper, below) in buckets {
            let labels = bound(&upper.to_string());
            let _ = writeln!(self.0, "{name}_bucket{{{labels}}} {below}");
        }
        let _ = writeln!(self.0, "{name}_bucket{{{}}} {count}", bound("+Inf"));
        let labels = joined(labels);
        let _ = writeln!(
            self.0,
            "{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {count}"
        );
    }

    fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        };
        let help = escaped(help, false);
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// The text.
    pub fn finish(self) -> String {
        self.0
    }
}

fn joined(labels: &[(&str, &str)]) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{}\"", escaped(value, true)))
        .collect();
    labels.join(",")
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
    fn a_histogram_has_all_its_lines() {
        let mut page = Page::default();
        page.family("h", Kind::Histogram, "H.");
        page.histogram("h", &[("x", "1")], [(0.5, 1), (2.0, 3)], 4.5, 4);
        assert_eq!(
            page.finish(),
            "# HELP h H.\n# TYPE h histogram\nh_bucket{x=\"1\",le=\"0.5\"} 1\n\
             h_bucket{x=\"1\",le=\"2\"} 3\nh_bucket{x=\"1\",le=\"+Inf\"} 4\n\
             h_sum{x=\"1\"} 4.5\nh_count{x=\"1\"} 4\n"
        );
    }

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
