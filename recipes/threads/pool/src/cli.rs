//! The part of the recipe that is not about threads: finds the pictures, scales a picture down, and
//! writes the report and the contact sheet. You can skip this file when you read the recipe.
//!
//! - The pictures are the files in the folder whose names end in `.png`, in the order of their
//!   names. Folders inside it are not searched.
//! - Transparent parts of a picture are shown on white.
//! - Each pixel of a thumbnail is the average of the pixels that it replaces. The averages are
//!   computed in whole numbers, so every machine prints the same.

use std::any::Any;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{env, process};

use png::{
    BitDepth, ColorType, Compression, Decoder, DecodingError, Encoder, EncodingError,
    Transformations,
};

const DEFAULT_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/pictures");

/// The same on every machine, and so is the memory that the pictures need at most.
const DEFAULT_THREADS: usize = 4;
const USAGE: &str = "[--fail-fast] [--threads N] [--sheet FILE] [FOLDER]";

/// More threads would only compete for the processors and the memory.
const THREADS: RangeInclusive<usize> = 1..=256;

/// The sheet of so many pictures has 296 x 18,008 pixels, about 16 MB.
const MAX_PICTURES: usize = 1000;

/// A thread that works on a picture needs up to seven bytes for a pixel: four that are decoded, and
/// three in the copy without transparency.
const MAX_PIXELS: u64 = 40_000_000;

/// The longer side of a thumbnail.
const SIDE: usize = 64;
const MARGIN: usize = 8;
const COLUMNS: usize = 4;

const WHITE: u8 = 255;
const BACKGROUND: [u8; 3] = [48; 3];
const FAILED: [u8; 3] = [80; 3];
const CROSS: [u8; 3] = [160; 3];

/// What the command line asks for.
pub(crate) struct Options {
    pub(crate) pictures: Vec<PathBuf>,
    pub(crate) threads: usize,
    /// Whether to stop at the first picture that fails.
    pub(crate) fail_fast: bool,
    sheet: PathBuf,
}

/// What became of a picture: a thumbnail, or the reason why there is none.
pub(crate) struct Outcome<'a> {
    pub(crate) picture: &'a Path,
    pub(crate) result: Result<Thumbnail, String>,
}

/// A picture that has been scaled down.
pub(crate) struct Thumbnail {
    image: Image,
    original_width: usize,
    original_height: usize,
    /// The average color of the picture.
    average: [u8; 3],
}

/// The pixels of a picture, row by row: red, green and blue.
struct Image {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

/// Adds up colors.
#[derive(Clone, Copy, Default)]
struct Sum {
    colors: [u64; 3],
    pixels: u64,
}

/// Reads the command line and lists the pictures.
///
/// If something is wrong, prints one line that says what it is, and exits with status 1.
pub(crate) fn options_or_exit() -> Options {
    options(env::args_os().skip(1)).unwrap_or_else(|reason| exit(&reason))
}

/// Reads a picture and scales it down.
pub(crate) fn make_thumbnail(picture: &Path) -> Result<Thumbnail, String> {
    let file = File::open(picture).map_err(|error| format!("cannot read it: {error}"))?;
    let image = decode(file)?;
    Ok(scale_down(&image))
}

/// Why a picture has no thumbnail if its job panicked.
pub(crate) fn describe_panic(payload: Box<dyn Any + Send>) -> String {
    let message = if let Some(message) = payload.downcast_ref::<String>() {
        message
    } else if let Some(message) = payload.downcast_ref::<&str>() {
        *message
    } else {
        "no message"
    };
    format!("the job panicked: {message}")
}

/// Writes the contact sheet and prints a line for each picture.
///
/// If that is not possible, prints one line that says why, and exits with status 1. With
/// `--fail-fast` it does so, instead of writing the sheet, if a picture has failed.
pub(crate) fn finish_or_exit(options: &Options, outcomes: &[Outcome]) {
    if options.fail_fast {
        for outcome in outcomes {
            if let Err(reason) = &outcome.result {
                let name = name(outcome.picture);
                exit(&format!(
                    "{name} failed: {reason}; stopped without a contact sheet"
                ));
            }
        }
    }
    assert_eq!(
        outcomes.len(),
        options.pictures.len(),
        "a picture has no outcome"
    );

    let sheet = arrange(outcomes);
    let path = options.sheet.display();
    if let Err(error) = write(&sheet, &options.sheet) {
        exit(&format!("cannot write {path}: {error}"));
    }
    let report = report(outcomes, &sheet);
    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
    eprintln!("contact sheet: {path}");
}

pub(crate) fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

fn options(mut arguments: impl Iterator<Item = OsString>) -> Result<Options, String> {
    let mut threads = DEFAULT_THREADS;
    let mut fail_fast = false;
    let mut sheet = env::temp_dir().join("contact-sheet.png");
    let mut folder = None;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--fail-fast") => fail_fast = true,
            Some("--threads") => threads = number_of_threads(arguments.next())?,
            Some("--sheet") => {
                let file = arguments.next().ok_or("--sheet needs the name of a file")?;
                sheet = PathBuf::from(file);
            }
            Some(option) if option.starts_with('-') => {
                return Err(format!("unknown option {option}; expected {USAGE}"));
            }
            _ if folder.is_some() => {
                return Err(format!("there can be only one folder; expected {USAGE}"));
            }
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    check_sheet(&sheet)?;
    let folder = folder.unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER));
    let pictures = pictures_in(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    if pictures.is_empty() {
        return Err(format!("{} has no PNG files", folder.display()));
    }
    if pictures.len() > MAX_PICTURES {
        let count = pictures.len();
        let folder = folder.display();
        return Err(format!(
            "{folder} has {count} PNG files; a contact sheet holds at most {MAX_PICTURES}"
        ));
    }
    if is_one_of(&sheet, &pictures) {
        let path = sheet.display();
        return Err(format!("cannot write {path}: it is one of the pictures"));
    }
    Ok(Options {
        pictures,
        threads,
        fail_fast,
        sheet,
    })
}

fn number_of_threads(argument: Option<OsString>) -> Result<usize, String> {
    let text = argument.unwrap_or_default();
    let number = text.to_str().and_then(|text| text.parse().ok());
    let (fewest, most) = (THREADS.start(), THREADS.end());
    number
        .filter(|number| THREADS.contains(number))
        .ok_or_else(|| format!("--threads needs a number from {fewest} to {most}, found {text:?}"))
}

/// Says what is wrong with the path of the sheet before the work begins, not after it.
fn check_sheet(sheet: &Path) -> Result<(), String> {
    let path = sheet.display();
    if sheet.is_dir() || sheet.file_name().is_none() {
        return Err(format!("cannot write {path}: it is not the name of a file"));
    }
    let folder = folder_of(sheet);
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(format!("cannot write {path}: there is no folder {folder}"));
    }
    Ok(())
}

fn is_one_of(sheet: &Path, pictures: &[PathBuf]) -> bool {
    let Ok(sheet) = fs::canonicalize(sheet) else {
        return false; // It does not exist yet.
    };
    let is_sheet = |picture| fs::canonicalize(picture).is_ok_and(|path| path == sheet);
    pictures.iter().any(is_sheet)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn pictures_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut pictures = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default();
        if extension.eq_ignore_ascii_case("png") && !path.is_dir() {
            pictures.push(path);
        }
    }
    pictures.sort();
    Ok(pictures)
}

fn decode(file: File) -> Result<Image, String> {
    let mut decoder = Decoder::new(BufReader::new(file));
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(reason)?;
    let (width, height) = reader.info().size();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        let most = MAX_PIXELS / 1_000_000;
        return Err(format!(
            "it has {width} x {height} pixels; the limit is {most} million"
        ));
    }
    let size = reader.output_buffer_size().ok_or("it is too large")?;
    let mut bytes = vec![0; size];
    let info = reader.next_frame(&mut bytes).map_err(reason)?;
    reader.finish().map_err(reason)?;
    let samples = info.color_type.samples();
    let mut pixels = Vec::with_capacity(bytes.len() / samples);
    for pixel in bytes.chunks_exact(samples) {
        pixels.push(match *pixel {
            [gray] => [gray; 3],
            [gray, alpha] => [on_white(gray, alpha); 3],
            [red, green, blue] => [red, green, blue],
            [red, green, blue, alpha] => [red, green, blue].map(|color| on_white(color, alpha)),
            _ => unreachable!("a pixel of PNG has one to four samples"),
        });
    }
    Ok(Image {
        width: info.width as usize,
        height: info.height as usize,
        pixels,
    })
}

fn on_white(color: u8, alpha: u8) -> u8 {
    let [color, alpha, white] = [color, alpha, WHITE].map(u32::from);
    let mixed = (color * alpha + white * (255 - alpha) + 127) / 255;
    u8::try_from(mixed).expect("it lies between the two colors")
}

/// Why a picture cannot be read, without the decoder's details, which help few people.
fn reason(error: DecodingError) -> String {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "the file ends too early".to_string()
        }
        DecodingError::IoError(error) => format!("cannot read it: {error}"),
        _ => "it is not a PNG picture, or it is damaged".to_string(),
    }
}

fn scale_down(image: &Image) -> Thumbnail {
    let longer = image.width.max(image.height);
    let scaled = |side: usize| {
        if longer <= SIDE {
            side
        } else {
            ((side * SIDE + longer / 2) / longer).max(1)
        }
    };
    let (width, height) = (scaled(image.width), scaled(image.height));
    let mut pixels = Vec::with_capacity(width * height);
    let mut total = Sum::default();
    let mut row = vec![Sum::default(); width];
    for y in 0..height {
        row.fill(Sum::default());
        for original_y in image.height * y / height..image.height * (y + 1) / height {
            let start = image.width * original_y;
            let original = &image.pixels[start..start + image.width];
            for (x, sum) in row.iter_mut().enumerate() {
                let (from, to) = (image.width * x / width, image.width * (x + 1) / width);
                for color in &original[from..to] {
                    sum.add(*color);
                }
            }
        }
        for sum in &row {
            pixels.push(sum.average());
            total.add_sum(*sum);
        }
    }
    Thumbnail {
        image: Image {
            width,
            height,
            pixels,
        },
        original_width: image.width,
        original_height: image.height,
        average: total.average(),
    }
}

impl Sum {
    fn add(&mut self, color: [u8; 3]) {
        for (sum, part) in self.colors.iter_mut().zip(color) {
            *sum += u64::from(part);
        }
        self.pixels += 1;
    }

    fn add_sum(&mut self, other: Sum) {
        for (sum, part) in self.colors.iter_mut().zip(other.colors) {
            *sum += part;
        }
        self.pixels += other.pixels;
    }

    fn average(&self) -> [u8; 3] {
        self.colors.map(|sum| {
            let rounded = (sum + self.pixels / 2) / self.pixels;
            u8::try_from(rounded).expect("an average is no larger than the largest color")
        })
    }
}

/// Puts each thumbnail into the middle of its cell. The cell of a picture that failed has a cross.
fn arrange(outcomes: &[Outcome]) -> Image {
    let columns = COLUMNS.min(outcomes.len());
    let rows = outcomes.len().div_ceil(COLUMNS);
    let cell = SIDE + MARGIN;
    let mut sheet = Image {
        width: columns * cell + MARGIN,
        height: rows * cell + MARGIN,
        pixels: Vec::new(),
    };
    sheet.pixels.resize(sheet.width * sheet.height, BACKGROUND);
    let crossed = crossed();
    for (number, outcome) in outcomes.iter().enumerate() {
        let left = number % COLUMNS * cell + MARGIN;
        let top = number / COLUMNS * cell + MARGIN;
        let image = match &outcome.result {
            Ok(thumbnail) => &thumbnail.image,
            Err(_) => &crossed,
        };
        let left = left + (SIDE - image.width) / 2;
        let top = top + (SIDE - image.height) / 2;
        for (y, row) in image.pixels.chunks_exact(image.width).enumerate() {
            let start = (top + y) * sheet.width + left;
            sheet.pixels[start..start + image.width].copy_from_slice(row);
        }
    }
    sheet
}

fn crossed() -> Image {
    let mut pixels = vec![FAILED; SIDE * SIDE];
    for position in 0..SIDE {
        pixels[position * SIDE + position] = CROSS;
        pixels[position * SIDE + SIDE - 1 - position] = CROSS;
    }
    Image {
        width: SIDE,
        height: SIDE,
        pixels,
    }
}

/// Writes the picture to a temporary file and renames it. If the program is stopped before that,
/// the old sheet is still there, and at worst the hidden temporary file is left.
fn write(image: &Image, path: &Path) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", process::id()));
    let temporary = folder_of(path).join(name);
    let written = encode(image, &temporary).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The file may not exist, and the caller wants to know the first error.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn encode(image: &Image, path: &Path) -> io::Result<()> {
    let file = File::create_new(path)?;
    let (width, height) = (side(image.width), side(image.height));
    let mut encoder = Encoder::new(BufWriter::new(&file), width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    // Only one thread writes the sheet, so a fast compression matters more than a good one.
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header().map_err(io_error)?;
    writer
        .write_image_data(image.pixels.as_flattened())
        .map_err(io_error)?;
    writer.finish().map_err(io_error)?;
    // Without this, the file could be empty after a power failure.
    file.sync_all()
}

fn side(pixels: usize) -> u32 {
    u32::try_from(pixels).expect("the number of pictures is limited")
}

fn io_error(error: EncodingError) -> io::Error {
    match error {
        EncodingError::IoError(error) => error,
        error => io::Error::other(error),
    }
}

fn report(outcomes: &[Outcome], sheet: &Image) -> String {
    let mut name_width = 0;
    for outcome in outcomes {
        name_width = name_width.max(name(outcome.picture).chars().count());
    }
    let mut done = 0;
    let mut report = String::new();
    for outcome in outcomes {
        report += &format!("{:<name_width$}  ", name(outcome.picture));
        match &outcome.result {
            Ok(thumbnail) => {
                done += 1;
                let Thumbnail {
                    image,
                    original_width,
                    original_height,
                    average: [red, green, blue],
                } = thumbnail;
                let Image { width, height, .. } = image;
                report += &format!(
                    "{original_width} x {original_height} to {width} x {height}, \
                     average color #{red:02x}{green:02x}{blue:02x}\n"
                );
            }
            Err(reason) => report += &format!("failed: {reason}\n"),
        }
    }
    let Image { width, height, .. } = sheet;
    let checksum = crc32fast::hash(sheet.pixels.as_flattened());
    report += &format!(
        "{done} of {} pictures are on the contact sheet: \
         {width} x {height}, CRC-32 {checksum:08x}\n",
        outcomes.len()
    );
    report
}

/// The name of a picture, without control characters: a newline, for example, would break the
/// table.
fn name(picture: &Path) -> String {
    picture
        .file_name()
        .unwrap_or_else(|| OsStr::new(""))
        .to_string_lossy()
        .replace(char::is_control, "\u{fffd}")
}
