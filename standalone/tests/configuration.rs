//! `config.default.toml` is what the code says.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fmt::Debug;
use std::path::Path;

use postrider_api::ApiConfig;
use postrider_dispatcher::DispatcherConfig;
use postrider_egress::EgressConfig;
use postrider_receiver::ReceiverConfig;
use postrider_runtime::{Common, ConfigArgs, Loader};
use postrider_worker::WorkerConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

fn file() -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config.default.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// Compares one section of the file, read by the program's own loader, with the defaults; and the
/// keys of both, so that no setting is left out. Unset ones cannot be written in TOML.
fn assert_section<T>(name: &str)
where
    T: Default + Serialize + DeserializeOwned + Debug,
{
    let defaults = Table::try_from(T::default()).unwrap();
    let written: Vec<String> = file()[name].as_table().unwrap().keys().cloned().collect();
    let expected: Vec<String> = defaults.keys().cloned().collect();
    assert_eq!(sorted(written), sorted(expected), "[{name}]");

    let args = ConfigArgs {
        config: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../config.default.toml").into()),
        ..ConfigArgs::default()
    };
    let mut loader = Loader::with_environment(args, []);
    let read: T = loader.section(name, |_| Vec::new());
    let read = loader.finish(Some(read)).unwrap();
    assert_eq!(format!("{read:?}"), format!("{:?}", T::default()), "[{name}]");
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort();
    keys
}

#[test]
fn every_section_has_every_setting_with_its_default() {
    assert_section::<ApiConfig>("api");
    assert_section::<DispatcherConfig>("dispatcher");
    assert_section::<WorkerConfig>("worker");
    assert_section::<EgressConfig>("egress");
    assert_section::<ReceiverConfig>("receiver");
}

#[test]
fn the_common_settings_are_all_there_with_their_defaults() {
    let defaults = Table::try_from(Common::default()).unwrap();
    let written: Vec<(String, Value)> =
        file().into_iter().filter(|(_, value)| !value.is_table()).collect();
    let keys = written.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(sorted(keys), sorted(defaults.keys().cloned().collect()));
    for (key, value) in written {
        assert_eq!(value, defaults[&key], "{key}");
    }
}
