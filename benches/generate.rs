//! Generates binary packages for benchmarks: the same bytes for the same arguments, everywhere.
//!
//! What matters to a repository tool is as in a real archive: sizes are log-normal; names begin
//! with `lib` or not; versions have epochs, `~` and `+`; control files have every relation field,
//! long descriptions and sources of other names; members are compressed by gzip, xz, zstd or not at
//! all. What does not matter is left out: there are no scripts, and the content is noise.
//!
//! ```sh
//! cargo run --release --example generate -- --count 1000 --mean 20000 DIRECTORY
//! ```

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use clap::Parser;
use rayon::prelude::*;

/// The time of everything in the packages: in 2023, for no reason.
const TIME: u64 = 1_700_000_000;
/// From this size on data is stored by zstd alone, which keeps up with the disk.
const LARGE: u64 = 4 << 20;
/// The bytes of a package that aren't noise, about.
const OVERHEAD: u64 = 1_200;

/// Generate .debs, the same bytes for the same arguments
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the packages go; made if it is not there
    directory: PathBuf,
    /// How many packages
    #[arg(long, default_value_t = 1_000)]
    count: usize,
    /// How many come before these: two runs make different packages of one set
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// The mean size of a package in bytes
    #[arg(long, default_value_t = 20_000)]
    mean: u64,
    /// The spread of the sizes' logarithms; 0 makes all of the mean size
    #[arg(long, default_value_t = 0.8)]
    sigma: f64,
    /// Another seed makes other packages
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.directory)?;
    let write = |index| Package::new(index, &arguments).write_into(&arguments.directory);
    let Arguments { skip, count, .. } = arguments;
    (skip..skip + count).into_par_iter().try_for_each(write)
}

/// A stream of numbers that look random (SplitMix64).
struct Noise(u64);

impl Noise {
    fn new(seed: u64, stream: usize) -> Self {
        let mut noise = Self(seed ^ (stream as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
        noise.next();
        noise
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is below a usize")
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// Returns a sample of the normal distribution, about (Irwin–Hall).
    fn normal(&mut self) -> f64 {
        let unit = |number: u64| (number >> 11) as f64 / (1u64 << 53) as f64;
        (0..12).map(|_| unit(self.next())).sum::<f64>() - 6.0
    }
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(buffer.len())
    }
}

/// One package, before it is written.
struct Package {
    noise: Noise,
    seed: u64,
    index: usize,
    name: String,
    version: String,
    architecture: &'static str,
    /// The bytes of noise in `data.tar`.
    content: u64,
}

const WORDS: [&str; 24] = [
    "amber", "birch", "cedar", "delta", "ember", "frost", "grove", "heron", "iris", "jade", "kelp",
    "lark", "maple", "nettle", "opal", "pine", "quartz", "reed", "sage", "thorn", "umber", "vale",
    "willow", "yarrow",
];

/// Returns the name of a package, which others may depend on.
fn name(seed: u64, index: usize) -> String {
    let mut noise = Noise::new(seed, index);
    let prefix = noise.pick(&["lib", "lib", "", "", "", "python3-", "golang-", "node-"]);
    let suffix = noise.pick(&["", "", "-common", "-dev", "-utils", "++", "1.0"]);
    format!("{prefix}{}-{}{index}{suffix}", noise.pick(&WORDS), noise.pick(&WORDS))
}

fn version(noise: &mut Noise) -> String {
    let epoch = noise.pick(&["", "", "", "", "", "", "1:", "2:"]);
    let (major, minor) = (noise.below(30), noise.below(100));
    let extra = noise.pick(&["", "", ".4", "~rc1", "~beta2", "+dfsg", "+git20260101.1a2b3c4"]);
    let revision = noise.pick(&["-1", "-2", "-1.1", "-3+b1", "-1+deb12u2", "-1~bpo12+1", ""]);
    format!("{epoch}{major}.{minor}{extra}{revision}")
}

impl Package {
    fn new(index: usize, arguments: &Arguments) -> Self {
        let Arguments { mean, sigma, seed, .. } = *arguments;
        let mut noise = Noise::new(seed.wrapping_add(1 << 32), index);
        // The mean of a log-normal distribution is exp(μ + σ²/2).
        let location = (mean as f64).ln() - sigma * sigma / 2.0;
        let size = (location + sigma * noise.normal()).exp() as u64;
        Self {
            seed,
            index,
            name: name(seed, index),
            version: version(&mut noise),
            architecture: noise.pick(&["amd64", "amd64", "amd64", "all"]),
            content: size.saturating_sub(OVERHEAD),
            noise,
        }
    }

    fn write_into(mut self, directory: &Path) -> io::Result<()> {
        let (_, upstream) = self.version.split_once(':').unwrap_or(("", &self.version));
        let file = format!("{}_{upstream}_{}.deb", self.name, self.architecture);
        let mut archive = Archive::new(directory.join(file))?;
        archive.member("debian-binary", |output| output.write_all(b"2.0\n"))?;
        let control = self.control();
        let compression = self.noise.pick(&["xz", "xz", "zst", "gz", ""]);
        archive.member(&member("control", compression), |output| {
            compressed(compression, output, |tar| control_tar(tar, &control))
        })?;
        let compression = match self.content {
            LARGE.. => "zst",
            _ => self.noise.pick(&["xz", "xz", "zst", "zst", "gz", ""]),
        };
        archive.member(&member("data", compression), |output| {
            compressed(compression, output, |tar| self.data_tar(tar))
        })
    }

    fn control(&mut self) -> String {
        let mut text = format!("Package: {}\n", self.name);
        if self.noise.below(3) == 0 {
            let source = self.name.trim_end_matches("-dev");
            let version = if self.version.contains("+b1") { " (1.0-3)" } else { "" };
            writeln!(text, "Source: {source}{version}").expect(STRING);
        }
        let installed = self.content / 512 + 8;
        write!(
            text,
            "Version: {}\nArchitecture: {}\nMaintainer: Bench Mark <bench@example.org>\n\
             Installed-Size: {installed}\n",
            self.version, self.architecture
        )
        .expect(STRING);
        self.relations(&mut text);
        let section = self.noise.pick(&["libs", "admin", "devel", "utils", "python", "net"]);
        let priority = self.noise.pick(&["optional", "optional", "extra", "required"]);
        write!(text, "Section: {section}\nPriority: {priority}\n").expect(STRING);
        if self.noise.below(2) == 0 {
            text.push_str("Multi-Arch: foreign\n");
        }
        writeln!(text, "Homepage: https://example.org/{}", self.name).expect(STRING);
        self.describe(&mut text);
        text
    }

    fn relations(&mut self, text: &mut String) {
        let minor = 28 + self.noise.below(9);
        write!(text, "Depends: libc6 (>= 2.{minor}), libgcc-s1 (>= 3.0)").expect(STRING);
        for _ in 0..self.noise.below(6) {
            let operator = self.noise.pick(&["", " (>= 1.0~)", " (= 2:1.4-1)", " (<< 9)", ":any"]);
            let other = self.other();
            write!(text, ", {other}{operator}").expect(STRING);
        }
        text.push('\n');
        for field in ["Recommends", "Suggests", "Breaks", "Replaces", "Provides", "Conflicts"] {
            if self.noise.below(4) == 0 {
                let bound = if field == "Provides" { "= 1.0" } else { "<< 4.2-1~" };
                let other = self.other();
                writeln!(text, "{field}: {other} ({bound}), virtual-{}", self.noise.pick(&WORDS))
                    .expect(STRING);
            }
        }
    }

    /// Returns the name of a package that was generated before this one.
    fn other(&mut self) -> String {
        let other = self.noise.below(self.index + 1);
        name(self.seed, other)
    }

    fn describe(&mut self, text: &mut String) {
        writeln!(text, "Description: {} for benchmarks", self.noise.pick(&WORDS)).expect(STRING);
        for _ in 0..2 + self.noise.below(8) {
            let line: Vec<_> = (0..10).map(|_| self.noise.pick(&WORDS)).collect();
            writeln!(text, " {}", line.join(" ")).expect(STRING);
        }
    }

    fn data_tar(&mut self, tar: &mut dyn Write) -> io::Result<()> {
        let mut tar = tar::Builder::new(tar);
        let directories = ["./", "./usr/", "./usr/lib/", "./usr/share/", "./usr/share/doc/"];
        for directory in directories {
            entry(&mut tar, directory, 0, io::empty())?;
        }
        let copyright = "Nobody owns noise.\n".repeat(20);
        let path = format!("./usr/share/doc/copyright-{}", self.index);
        entry(&mut tar, &path, copyright.len() as u64, copyright.as_bytes())?;
        let noise = (&mut self.noise).take(self.content);
        entry(&mut tar, &format!("./usr/lib/noise-{}", self.index), self.content, noise)?;
        tar.finish()
    }
}

const STRING: &str = "a String takes everything";

fn member(stem: &str, compression: &str) -> String {
    let dot = if compression.is_empty() { "" } else { "." };
    format!("{stem}.tar{dot}{compression}")
}

fn control_tar(tar: &mut dyn Write, control: &str) -> io::Result<()> {
    let mut tar = tar::Builder::new(tar);
    entry(&mut tar, "./", 0, io::empty())?;
    entry(&mut tar, "./control", control.len() as u64, control.as_bytes())?;
    let triggers = "activate-noawait ldconfig\n";
    entry(&mut tar, "./triggers", triggers.len() as u64, triggers.as_bytes())?;
    tar.finish()
}

/// Adds a file, or the directory that a path with a slash at its end names.
fn entry(
    tar: &mut tar::Builder<&mut dyn Write>,
    path: &str,
    size: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    // As dpkg-deb writes it; `set_path` would take the `./` away.
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    let is_directory = path.ends_with('/');
    header.set_entry_type(match is_directory {
        true => tar::EntryType::Directory,
        false => tar::EntryType::Regular,
    });
    header.set_mode(if is_directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(TIME);
    header.set_size(size);
    header.set_cksum();
    tar.append(&header, content)
}

/// Writes what `fill` produces, compressed; levels are low, as nobody measures the generator.
fn compressed(
    compression: &str,
    output: &mut dyn Write,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match compression {
        "gz" => {
            let mut encoder = flate2::write::GzEncoder::new(output, flate2::Compression::fast());
            fill(&mut encoder)?;
            encoder.finish().map(drop)
        }
        "xz" => {
            let mut encoder = xz2::write::XzEncoder::new(output, 0);
            fill(&mut encoder)?;
            encoder.finish().map(drop)
        }
        "zst" => {
            let mut encoder = zstd::Encoder::new(output, 1)?;
            fill(&mut encoder)?;
            encoder.finish().map(drop)
        }
        _ => fill(output),
    }
}

/// The outer archive of a package, ar(5).
struct Archive {
    file: BufWriter<File>,
}

impl Archive {
    fn new(path: PathBuf) -> io::Result<Self> {
        let mut file = BufWriter::with_capacity(128 << 10, File::create(path)?);
        file.write_all(b"!<arch>\n")?;
        Ok(Self { file })
    }

    /// Adds a member of a size that is known when it is written.
    fn member(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let header = |size| format!("{name:<16}{TIME:<12}0     0     100644  {size:<10}`\n");
        let start = self.file.stream_position()?;
        self.file.write_all(header(0).as_bytes())?;
        fill(&mut self.file)?;
        let end = self.file.stream_position()?;
        let size = end - start - header(0).len() as u64;
        self.file.seek(SeekFrom::Start(start))?;
        self.file.write_all(header(size).as_bytes())?;
        self.file.seek(SeekFrom::Start(end))?;
        if size % 2 == 1 {
            self.file.write_all(b"\n")?;
        }
        self.file.flush()
    }
}
