//! A directory as an [`ObjectStore`], for repositories that a web server serves from disk.
//!
//! It keeps the same promises as S3 with conditional writes: an object appears whole, creation has
//! one winner, and replacing takes the current tag. It keeps no headers: the web server does that.
//! Symbolic links below the root are no objects and no way to one.

mod import;
mod tree;

use std::fmt;
use std::fs::Metadata;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Extensions, GetOptions, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, UploadPart,
};
use walkdir::WalkDir;

pub(super) use self::import::Import;
use self::tree::{Condition, Staged, Tree};
use crate::blocking;
use crate::digest::Sha256;
use crate::store::create::Content;
use crate::store::unlistable::Unlistable;
use crate::store::{CreateOnly, Durable};

/// The name that the backend gives itself in errors.
const STORE: &str = "file";

type Result<T, E = object_store::Error> = std::result::Result<T, E>;

/// A directory of objects; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    tree: Arc<Tree>,
    unlistable: Unlistable,
}

impl Directory {
    /// Returns the store in `root`, which the first write makes.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { tree: Arc::new(Tree::new(root)), unlistable: Unlistable::default() }
    }

    /// Returns the files, at most a thousand, that listings met and that no path here can name.
    pub(super) fn unlistable(&self) -> Vec<String> {
        self.unlistable.names()
    }

    /// Waits until everything written so far on the root's file system would survive a loss of
    /// power.
    pub(super) async fn sync(&self) -> Result<()> {
        self.run(&Path::ROOT, |tree| tree.sync()).await
    }

    /// Makes an object of the local file at `source` unless the key is taken.
    ///
    /// The file is hashed as it is copied: nothing but `content` ever gets the name. This is what
    /// `put_opts` and `put_multipart_opts` do too, without carrying the bytes between threads.
    pub(super) async fn import(
        &self,
        location: &Path,
        source: PathBuf,
        content: Content,
    ) -> Result<Import> {
        let key = location.to_string();
        self.run(location, move |tree| import::import(tree, &key, &source, content)).await
    }

    /// Reads an object and returns its digest and size.
    pub(super) async fn digest(&self, location: &Path) -> Result<(Sha256, u64)> {
        let key = location.to_string();
        self.run(location, move |tree| import::digest(&tree.open(&key)?)).await
    }

    /// Runs blocking work on the tree, and says of its error which key it was about.
    async fn run<T: Send + 'static>(
        &self,
        location: &Path,
        work: impl FnOnce(&Tree) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let tree = Arc::clone(&self.tree);
        // A lock may be waited for, and disks are slow: not the CPU pool.
        let outcome = blocking::io(move || work(&tree)).await;
        outcome.map_err(|error| failure(location, error))
    }
}

#[async_trait]
impl ObjectStore for Directory {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let key = location.to_string();
        let mode = options.mode.clone();
        let is_durable = options.extensions.get::<Durable>().is_some();
        let written = self.run(location, move |tree| {
            let staged = tree.stage(&key)?;
            payload.iter().try_for_each(|chunk| staged.file().write_all(chunk))?;
            if is_durable {
                // A name that is durable before the bytes are would be an empty commit point. Other
                // objects need no such care: the barrier comes before anything refers to them.
                staged.file().sync_all()?;
            }
            match &mode {
                PutMode::Overwrite => tree.publish(staged, Condition::Always),
                PutMode::Create => tree.publish(staged, Condition::Absent),
                PutMode::Update(base) => {
                    let tag = base.e_tag.as_deref().unwrap_or_default();
                    tree.publish(staged, Condition::Tag(tag))
                }
            }
        });
        match (written.await, options.mode) {
            (Ok(tag), _) => Ok(put(tag)),
            (Err(object_store::Error::AlreadyExists { path, source }), PutMode::Update(_)) => {
                Err(object_store::Error::Precondition { path, source })
            }
            (Err(error), _) => Err(error),
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let key = location.to_string();
        let staged = self.run(location, move |tree| tree.stage(&key)).await?;
        Ok(Box::new(Upload {
            directory: self.clone(),
            location: location.clone(),
            create_only: options.extensions.get::<CreateOnly>().is_some(),
            staged: Some(Arc::new(staged)),
            end: 0,
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let key = location.to_string();
        let (file, metadata) = self
            .run(location, move |tree| {
                let file = tree.open(&key)?;
                let metadata = file.metadata()?;
                Ok((file, metadata))
            })
            .await?;
        let meta = meta(location.clone(), &metadata).map_err(|error| failure(location, error))?;
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => range.as_range(meta.size).map_err(|error| {
                object_store::Error::Generic { store: STORE, source: Box::new(error) }
            })?,
            None => 0..meta.size,
        };
        let path = self.tree.root().join(location.as_ref());
        Ok(GetResult {
            payload: GetResultPayload::File(file, path),
            meta,
            range,
            attributes: Attributes::new(),
            extensions: Extensions::new(),
        })
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let directory = self.clone();
        locations
            .and_then(move |location| {
                let directory = directory.clone();
                async move {
                    let key = location.to_string();
                    directory.run(&location, move |tree| tree.remove(&key)).await?;
                    Ok(location)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (directory, prefix) = (self.clone(), prefix.cloned().unwrap_or_default());
        let listed = async move {
            let start = prefix.to_string();
            let unlistable = directory.unlistable.clone();
            directory.run(&prefix, move |tree| list(tree, &start, &unlistable)).await
        };
        stream::once(listed).map_ok(|found| stream::iter(found).map(Ok)).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let above = prefix.cloned().unwrap_or_default();
        let (mut objects, mut common_prefixes) = (Vec::new(), Vec::new());
        for meta in self.list(prefix).try_collect::<Vec<_>>().await? {
            let Some(mut below) = meta.location.prefix_match(&above) else { continue };
            match (below.next(), below.next()) {
                (Some(first), Some(_)) => common_prefixes.push(above.clone().join(first)),
                _ => objects.push(meta.clone()),
            }
        }
        common_prefixes.sort();
        common_prefixes.dedup();
        Ok(ListResult { common_prefixes, objects, extensions: Extensions::new() })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(object_store::Error::NotImplemented {
            operation: "copying".into(),
            implementer: STORE.into(),
        })
    }
}

/// A file that is written in parts.
#[derive(Debug)]
struct Upload {
    directory: Directory,
    location: Path,
    create_only: bool,
    staged: Option<Arc<Staged>>,
    end: u64,
}

impl Upload {
    fn gone(&self) -> object_store::Error {
        failure(&self.location, io::Error::other("the upload is over"))
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        let mut offset = self.end;
        self.end += payload.content_length() as u64;
        let (directory, location) = (self.directory.clone(), self.location.clone());
        let Some(staged) = self.staged.clone() else {
            return Box::pin(futures::future::ready(Err(self.gone())));
        };
        Box::pin(async move {
            let write = move |_: &Tree| {
                for chunk in &payload {
                    staged.file().write_all_at(chunk, offset)?;
                    offset += chunk.len() as u64;
                }
                Ok(())
            };
            directory.run(&location, write).await
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.take().ok_or_else(|| self.gone())?;
        let staged = Arc::try_unwrap(staged)
            .map_err(|_| failure(&self.location, io::Error::other("a part is still on its way")))?;
        let create_only = self.create_only;
        let publish = move |tree: &Tree| match create_only {
            true => tree.publish(staged, Condition::Absent),
            false => tree.publish(staged, Condition::Always),
        };
        self.directory.run(&self.location, publish).await.map(put)
    }

    async fn abort(&mut self) -> Result<()> {
        self.staged = None;
        Ok(())
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file://{}", self.tree.root().display())
    }
}

/// Returns the objects below a prefix, by key.
fn list(tree: &Tree, prefix: &str, unlistable: &Unlistable) -> io::Result<Vec<ObjectMeta>> {
    if !tree.has_directory(prefix)? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in WalkDir::new(tree.root().join(prefix)) {
        let entry = match entry {
            Ok(entry) => entry,
            // Deleted since its directory was read.
            Err(error) if is_gone(&error) => continue,
            Err(error) => return Err(error.into()),
        };
        let Ok(name) = entry.path().strip_prefix(tree.root()) else { continue };
        if !entry.file_type().is_file() || name.to_str().is_some_and(tree::is_private) {
            continue;
        }
        let Some(location) = name.to_str().and_then(|name| Path::parse(name).ok()) else {
            unlistable.note(name.to_string_lossy());
            continue;
        };
        match entry.metadata() {
            Ok(metadata) => found.push(meta(location, &metadata)?),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    found.sort_by(|one, other| one.location.cmp(&other.location));
    Ok(found)
}

fn is_gone(error: &walkdir::Error) -> bool {
    error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

fn meta(location: Path, metadata: &Metadata) -> io::Result<ObjectMeta> {
    Ok(ObjectMeta {
        location,
        last_modified: metadata.modified()?.into(),
        size: metadata.len(),
        e_tag: Some(tree::tag(metadata)),
        version: None,
    })
}

fn put(tag: String) -> PutResult {
    PutResult { e_tag: Some(tag), version: None, extensions: Extensions::new() }
}

/// Returns whether an error of a directory says that nothing was written, nor would be next time.
///
/// Others may come from a network file system that carried out the rename and lost the answer.
pub(super) fn is_final(error: &object_store::Error) -> bool {
    use rustix::io::Errno;
    let object_store::Error::Generic { store: STORE, source } = error else { return false };
    source.downcast_ref::<io::Error>().is_some_and(|error| match Errno::from_io_error(error) {
        Some(errno) => matches!(
            errno,
            Errno::NOSPC
                | Errno::DQUOT
                | Errno::FBIG
                | Errno::NOTDIR
                | Errno::ISDIR
                | Errno::LOOP
                | Errno::NAMETOOLONG
        ),
        None => error.kind() == ErrorKind::InvalidInput,
    })
}

fn failure(location: &Path, error: io::Error) -> object_store::Error {
    let path = location.to_string();
    match error.kind() {
        ErrorKind::NotFound => object_store::Error::NotFound { path, source: error.into() },
        ErrorKind::AlreadyExists => {
            object_store::Error::AlreadyExists { path, source: error.into() }
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            object_store::Error::PermissionDenied { path, source: error.into() }
        }
        _ => object_store::Error::Generic { store: STORE, source: error.into() },
    }
}
