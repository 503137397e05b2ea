//! The commands of the receiving side.

use std::io::Write;

use postrider_api::ApiConfig;
use postrider_receiver::program::{InboxCommand, ReceiveArgs, SignArgs};
use postrider_runtime::{ConfigArgs, Loader};

pub(crate) async fn inbox(config: ConfigArgs, command: InboxCommand) -> anyhow::Result<()> {
    print!("{}", command.run(config).await?);
    Ok(())
}

pub(crate) async fn receive(config: ConfigArgs, args: ReceiveArgs) -> anyhow::Result<()> {
    println!("{:#}", args.run(&config).await?);
    Ok(())
}

pub(crate) fn sign(config: &ConfigArgs, args: SignArgs) -> anyhow::Result<()> {
    // In this process webhooks come in where the api listens.
    let mut loader = Loader::new(config.clone());
    let listen = loader.section("api", ApiConfig::validate).listen;
    loader.finish(Some(()))?;
    let printed = args.run(config, Some(listen))?;
    Ok(std::io::stdout().write_all(&printed)?)
}
