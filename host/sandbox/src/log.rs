use bugle_task::{Level, Limits, Log, LogLine, Usage};

/// A run's log as it grows: what is over its limits is counted, not kept.
#[derive(Debug)]
pub(crate) struct LogBuffer {
    log: Log,
    bytes: usize,
    /// The longest line that was kept.
    line_bytes: usize,
    bytes_max: usize,
    lines_max: usize,
    line_bytes_max: usize,
}

impl LogBuffer {
    pub(crate) fn new(limits: &Limits) -> Self {
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Self {
            log: Log::default(),
            bytes: 0,
            line_bytes: 0,
            bytes_max: size(limits.log_bytes),
            lines_max: size(limits.log_lines),
            line_bytes_max: size(limits.log_line_bytes),
        }
    }

    /// The most bytes of a line that are kept.
    pub(crate) fn line_bytes_max(&self) -> usize {
        self.line_bytes_max
    }

    pub(crate) fn write(&mut self, level: Level, message: &str) {
        let room = self.bytes_max.saturating_sub(self.bytes).min(self.line_bytes_max);
        let has_room = self.log.lines.len() < self.lines_max && (room > 0 || message.is_empty());
        let kept = if has_room { cut(message, room) } else { "" };
        self.log.bytes_dropped += (message.len() - kept.len()) as u64;
        if !has_room {
            self.log.lines_dropped += 1;
            return;
        }
        self.bytes += kept.len();
        self.line_bytes = self.line_bytes.max(kept.len());
        self.log.lines.push(LogLine { level, message: kept.to_owned() });
    }

    pub(crate) fn write_usage(&self, usage: &mut Usage) {
        usage.log_bytes = self.bytes as u64;
        usage.log_lines = self.log.lines.len() as u64;
        usage.log_line_bytes = self.line_bytes as u64;
    }

    pub(crate) fn into_log(self) -> Log {
        self.log
    }
}

/// The longest start of a text that has at most so many bytes.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let end = (0..=bytes_max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_a_limit_is_counted() {
        let limits = Limits { log_bytes: 10, log_lines: 3, log_line_bytes: 4, ..Limits::default() };
        let mut log = LogBuffer::new(&limits);
        for message in ["abcdé", "123456", "xyz", "more"] {
            log.write(Level::Info, message);
        }
        let log = log.into_log();
        let lines: Vec<&str> = log.lines.iter().map(|line| line.message.as_str()).collect();
        assert_eq!(lines, ["abcd", "1234", "xy"]);
        assert_eq!((log.lines_dropped, log.bytes_dropped), (1, 2 + 2 + 1 + 4));
    }
}
