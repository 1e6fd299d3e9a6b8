//! What is written, and where: one man page for each program and each of its commands, and completions for bash, zsh and fish.

use std::fs;
use std::io::Result;
use std::path::Path;

use afk::app::{PollArguments, WatchArguments};
use afk::domain::config::Key;
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// Where each shell looks for completions, below a directory such as `/usr/local/share`.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions"),
    (Shell::Zsh, "zsh/site-functions"),
    (Shell::Fish, "fish/vendor_completions.d"),
];

/// Writes everything below `directory`, which is made when it is missing. The same command line gives the same bytes.
///
/// # Errors
///
/// A directory can not be made, or a file can not be written.
pub fn write(directory: &Path) -> Result<()> {
    for command in [PollArguments::command(), WatchArguments::command()] {
        let pages = directory.join("man/man1");
        fs::create_dir_all(&pages)?;
        clap_mangen::generate_to(command.clone(), &pages)?;
        let name = command.get_name().to_owned();
        fs::write(pages.join(format!("{name}.1")), page(command.clone())?)?;
        for (shell, place) in COMPLETIONS {
            let place = directory.join(place);
            fs::create_dir_all(&place)?;
            let path = clap_complete::generate_to(shell, &mut command.clone(), &name, &place)?;
            if shell == Shell::Bash {
                // The loader of bash-completion looks for the bare name.
                fs::rename(path, place.join(&name))?;
            }
        }
    }
    Ok(())
}

/// The page of a whole program: as clap writes it, and the settings, which clap does not know.
fn page(command: Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    let mut settings = Roff::new();
    settings.control("SH", ["ENVIRONMENT"]);
    settings.text([roman(
        "Each of these is a variable, or a file of the directory that AFK_CONFIG_DIR or --config-dir names.",
    )]);
    for key in Key::ALL {
        settings.control("TP", []);
        let mut names = vec![bold(key.name())];
        if let Some(file) = key.file_name() {
            names.extend([roman(", "), bold(file)]);
        }
        names.push(roman(format!(" [{}]", key.default().text())));
        settings.text(names);
        settings.text([roman(key.doc().replace('`', ""))]);
    }
    settings.to_writer(&mut page)?;
    Ok(page)
}
