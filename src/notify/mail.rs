//! The summary of a run by mail: what failed, what is new among the findings, what stands. Vietnamese first, then English.

use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};

use super::{Channel, Event};
use crate::model::{Mail, NewFinding, Occasion, RunReport, Security, Stage};

/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The post.
pub(super) struct Post {
    mail: Mail,
    password: Option<String>,
}

impl Post {
    pub(super) fn new(mail: Mail, password: Option<String>) -> Self {
        Self { mail, password }
    }

    fn send(&self, report: &RunReport) -> Result<(), String> {
        let Mail { host, port, security, from, to, login, .. } = &self.mail;
        let address = |text: &str| text.parse::<Mailbox>().map_err(|e| format!("`{text}`: {e}"));
        let sent = SystemTime::UNIX_EPOCH + Duration::from_secs(report.ended.as_second().max(0).cast_unsigned());
        let mut message = Message::builder().from(address(from)?).date(sent);
        for to in to {
            message = message.to(address(to)?);
        }
        let message = message
            .message_id(Some(message_id(report, from)))
            .subject(subject(report))
            .header(ContentType::TEXT_PLAIN)
            .body(body(report))
            .map_err(|e| e.to_string())?;
        let tls = || TlsParameters::new(host.clone()).map_err(|e| e.to_string());
        let tls = match security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::Plain => Tls::None,
        };
        let mut server = SmtpTransport::builder_dangerous(host).port(*port).tls(tls).timeout(Some(PATIENCE));
        if let (Some((user, _)), Some(password)) = (login, &self.password) {
            server = server.credentials(Credentials::new(user.clone(), password.clone()));
        }
        server.build().send(&message).map(drop).map_err(|e| e.to_string())
    }
}

impl Channel for Post {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn tell(&mut self, event: &Event) -> Result<(), String> {
        let Event::Ended { report, .. } = event else { return Ok(()) };
        let news = report.news.as_ref().is_some_and(|news| news.count > 0);
        let wanted = match self.mail.when {
            Occasion::Always => true,
            Occasion::News => news || !report.succeeded(),
            Occasion::Failure => !report.succeeded(),
        };
        if wanted { self.send(report) } else { Ok(()) }
    }
}

fn message_id(report: &RunReport, from: &str) -> String {
    let host = from.rsplit_once('@').map_or("localhost", |(_, host)| host.trim_end_matches('>'));
    format!("<{}@{host}>", super::Identity::from(report).uuid("mail"))
}

fn subject(report: &RunReport) -> String {
    let RunReport { plan, job, exit_code, .. } = report;
    let news = report.news.as_ref().map_or(0, |news| news.count);
    if report.succeeded() {
        format!("wardscore {plan} {job}: {news} phát hiện mới · {news} new findings")
    } else {
        format!("wardscore {plan} {job}: THẤT BẠI, mã {exit_code} · FAILED, exit code {exit_code}")
    }
}

/// The words of one language.
struct Words {
    failed: &'static str,
    new: &'static str,
    more: &'static str,
    files: &'static str,
    quarantined: &'static str,
    values: &'static str,
    findings: &'static str,
    late: &'static str,
    release: &'static str,
    unchanged: &'static str,
    took: &'static str,
    message: fn(&NewFinding) -> &str,
}

const VIETNAMESE: Words = Words {
    failed: "Lỗi khi chạy:",
    new: "Phát hiện mới",
    more: "và các phát hiện khác, xem bảng findings",
    files: "Tệp đã nhận",
    quarantined: "cách ly",
    values: "Giá trị hiện hành",
    findings: "Lỗi / cảnh báo / ghi chú",
    late: "Biểu quá hạn chưa nhận",
    release: "Bản phát hành",
    unchanged: "không có gì thay đổi",
    took: "Thời gian chạy",
    message: |f| &f.message_vi,
};

const ENGLISH: Words = Words {
    failed: "What failed:",
    new: "New findings",
    more: "and more, see the table findings",
    files: "Files received",
    quarantined: "quarantined",
    values: "Current values",
    findings: "Errors / warnings / notes",
    late: "Forms overdue and not received",
    release: "Release",
    unchanged: "nothing changed",
    took: "Time taken",
    message: |f| &f.message_en,
};

fn body(report: &RunReport) -> String {
    let mut text = section(report, &VIETNAMESE);
    text.push_str("\n-- English --\n\n");
    text.push_str(&section(report, &ENGLISH));
    text
}

fn section(report: &RunReport, words: &Words) -> String {
    let mut text = String::new();
    if !report.failures.is_empty() {
        // What failed is told in English alone, as on the command line.
        text.push_str(&format!("{}\n", words.failed));
        for failure in &report.failures {
            text.push_str(&format!("  {}\n", failure.what));
            if !failure.hint.is_empty() {
                text.push_str(&format!("    {}\n", failure.hint));
            }
        }
        text.push('\n');
    }
    let mut line = |label: &str, value: String| text.push_str(&format!("{label}: {value}\n"));
    let count = |stage, name| report.count(stage, name).map(|n| n as u64);
    if let (Some(files), Some(bad)) = (count(Stage::Normalize, "files"), count(Stage::Normalize, "quarantined")) {
        line(words.files, format!("{files} ({} {bad})", words.quarantined));
    }
    if let Some(values) = count(Stage::Normalize, "values") {
        line(words.values, values.to_string());
    }
    if let Some(f) = &report.findings {
        line(words.findings, format!("{} / {} / {}", f.errors, f.warnings, f.infos));
    }
    if let Some(late) = count(Stage::Normalize, "forms_late") {
        line(words.late, late.to_string());
    }
    if let Some(release) = &report.release {
        let what = if release.unchanged { format!(" ({})", words.unchanged) } else { String::new() };
        line(words.release, format!("{}{what}", release.id));
    }
    line(words.took, format!("{:.1} s", report.seconds));
    if let Some(news) = report.news.as_ref().filter(|news| news.count > 0) {
        text.push_str(&format!("\n{}: {}\n", words.new, news.count));
        for finding in &news.shown {
            let NewFinding { district, file, place, code, .. } = finding;
            let place = if place.is_empty() { String::new() } else { format!(" {place}") };
            text.push_str(&format!("  [{district}] {file}{place}: {} ({code})\n", (words.message)(finding)));
        }
        if news.count > news.shown.len() as u64 {
            text.push_str(&format!("  … {}\n", words.more));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::super::tests::report;
    use super::*;

    /// A server that takes one mail and hands it back.
    fn server() -> (u16, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let (mut got, mut data) = (String::new(), false);
            stream.write_all(b"220 test\r\n").unwrap();
            for line in lines {
                got.push_str(&format!("{line}\n"));
                let answer = match line.split(' ').next().unwrap() {
                    "." if data => {
                        data = false;
                        "250 taken"
                    }
                    _ if data => continue,
                    "DATA" => {
                        data = true;
                        "354 go on"
                    }
                    "QUIT" => break,
                    _ => "250 ok",
                };
                stream.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
            }
            got
        });
        (port, thread)
    }

    fn mail(port: u16, when: Occasion) -> Mail {
        Mail {
            host: "127.0.0.1".into(),
            port,
            security: Security::Plain,
            from: "wardscore <wardscore@example.org>".into(),
            to: vec!["a@example.org".into(), "b@example.org".into()],
            login: None,
            when,
        }
    }

    #[test]
    fn the_summary_reaches_a_server_with_the_new_findings_in_both_languages() {
        let (port, server) = server();
        let event = Event::Ended { report: Box::new(report(0)), history: Box::default() };
        let mut post = Post::new(mail(port, Occasion::News), None);
        post.tell(&event).unwrap();
        // The connection is closed with the post.
        drop(post);
        let got = server.join().unwrap();
        for wanted in ["MAIL FROM:<wardscore@example.org>", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>"] {
            assert!(got.contains(wanted), "{wanted}\n{got}");
        }
        let text = body(&report(0));
        for wanted in ["Phát hiện mới: 1", "[474] Bieu 01.xlsx Biểu 01!F12: không phải là số (number-invalid)"]
        {
            assert!(text.contains(wanted), "{text}");
        }
        assert!(text.contains("New findings: 1") && text.contains("is not a number"));
    }

    #[test]
    fn a_mail_is_sent_only_when_it_was_asked_for() {
        let told = |when, report: RunReport| {
            // Nobody listens at this port: an attempt is an error.
            let mut post = Post::new(mail(9, when), None);
            post.tell(&Event::Ended { report: Box::new(report), history: Box::default() }).is_err()
        };
        let quiet = || RunReport { news: None, ..report(0) };
        assert!(!told(Occasion::News, quiet()) && told(Occasion::News, report(0)) && told(Occasion::News, report(3)));
        assert!(!told(Occasion::Failure, report(0)) && told(Occasion::Failure, report(3)));
        assert!(told(Occasion::Always, quiet()));
        for security in [Security::Tls, Security::StartTls] {
            let mut post = Post::new(Mail { security, ..mail(9, Occasion::Always) }, None);
            let event = Event::Ended { report: Box::new(report(0)), history: Box::default() };
            assert!(post.tell(&event).unwrap_err().contains("Connection"));
        }
        assert!(subject(&report(3)).contains("FAILED, exit code 3"));
        assert!(body(&report(3)).contains("publish: disk full"));
    }
}
