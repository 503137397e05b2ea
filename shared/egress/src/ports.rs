//! Ports of services that do not speak HTTP.
//!
//! A body with the right lines in it is a command to a mail server or a cache that skips what it
//! does not understand. The table is that of the browsers (the "bad ports" of the Fetch standard),
//! and the data stores that were abused this way.

/// The ports that are not called, in ascending order, each with what is found there.
const SERVICES: &[(u16, &str)] = &[
    (0, "no service"),
    (1, "tcpmux"),
    (7, "echo"),
    (9, "discard"),
    (11, "systat"),
    (13, "daytime"),
    (15, "netstat"),
    (17, "qotd"),
    (19, "chargen"),
    (20, "FTP"),
    (21, "FTP"),
    (22, "SSH"),
    (23, "Telnet"),
    (25, "SMTP"),
    (37, "time"),
    (42, "name"),
    (43, "whois"),
    (53, "DNS"),
    (69, "TFTP"),
    (77, "RJE"),
    (79, "finger"),
    (87, "ttylink"),
    (95, "supdup"),
    (101, "hostname"),
    (102, "ISO-TSAP"),
    (103, "X.400"),
    (104, "DICOM"),
    (109, "POP2"),
    (110, "POP3"),
    (111, "portmapper"),
    (113, "auth"),
    (115, "SFTP"),
    (117, "UUCP"),
    (119, "NNTP"),
    (123, "NTP"),
    (135, "MS-RPC"),
    (137, "NetBIOS"),
    (139, "NetBIOS"),
    (143, "IMAP"),
    (161, "SNMP"),
    (179, "BGP"),
    (389, "LDAP"),
    (427, "SLP"),
    (445, "SMB"),
    (465, "SMTP"),
    (512, "exec"),
    (513, "login"),
    (514, "shell"),
    (515, "printer"),
    (526, "tempo"),
    (530, "courier"),
    (531, "chat"),
    (532, "netnews"),
    (540, "UUCP"),
    (548, "AFP"),
    (554, "RTSP"),
    (556, "remotefs"),
    (563, "NNTP"),
    (587, "SMTP"),
    (601, "syslog"),
    (636, "LDAP"),
    (989, "FTP"),
    (990, "FTP"),
    (993, "IMAP"),
    (995, "POP3"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (1719, "H.323"),
    (1720, "H.323"),
    (1723, "PPTP"),
    (2049, "NFS"),
    (3306, "MySQL"),
    (3389, "RDP"),
    (3659, "Apple SASL"),
    (4045, "lockd"),
    (4190, "ManageSieve"),
    (5060, "SIP"),
    (5061, "SIP"),
    (5432, "PostgreSQL"),
    (5672, "AMQP"),
    (6000, "X11"),
    (6379, "Redis"),
    (6566, "SANE"),
    (6665, "IRC"),
    (6666, "IRC"),
    (6667, "IRC"),
    (6668, "IRC"),
    (6669, "IRC"),
    (6679, "OSAUT"),
    (6697, "IRC"),
    (10080, "Amanda"),
    (11211, "memcached"),
    (27017, "MongoDB"),
];

/// What is found on `port`, if that is something other than HTTP.
pub(crate) fn service_on(port: u16) -> Option<&'static str> {
    let index = SERVICES.binary_search_by_key(&port, |(port, _)| *port).ok()?;
    Some(SERVICES[index].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_of_the_table_is_found_and_those_of_http_are_not_in_it() {
        for (port, service) in SERVICES {
            assert_eq!(service_on(*port), Some(*service), "{port}");
        }
        for port in [80, 443, 3000, 5000, 8000, 8080, 8443, 9090, 65535] {
            assert_eq!(service_on(port), None, "{port}");
        }
    }
}
