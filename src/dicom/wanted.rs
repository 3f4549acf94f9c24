//! Which attributes a scan reads: tag paths, joined into a tree that the scanner walks along with the data set.
//!
//! A path of one tag is an attribute of the root data set, a longer one lies inside sequence items. What is not wanted
//! is skipped by its length and never copied.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use xxhash_rust::xxh3::Xxh3Default;

/// The format of stored values: to be increased when earlier bytes can no longer be read.
pub const STORED_FORMAT: u32 = 1;

/// To be increased when a scan gives other values or fingerprints for the same file and tag paths.
const SCANNER_VERSION: u32 = 1;

/// The way to an attribute: sequence tags from the root inwards, the attribute last.
pub type TagPath = &'static [Tag];

/// The levels of the information model (PS3.3 A.1.2) that an attribute is wanted for, as a small set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels(u8);

impl Levels {
    /// Wanted by the scanner itself, part of no fingerprint.
    pub const NONE: Levels = Levels(0);
    /// Wanted for the study: what one study has once.
    pub const STUDY: Levels = Levels(1);
    /// Wanted for the series: what one series has once, and the study's lists.
    pub const SERIES: Levels = Levels(2);
    /// Wanted for the instance, and most often shared by many of a series.
    pub const KIND: Levels = Levels(4);
    /// Wanted for the instance alone.
    pub const NUMBER: Levels = Levels(8);
    /// Wanted for what a Key Object Selection selects.
    pub const SELECTION: Levels = Levels(16);
    /// Wanted for each of them.
    #[cfg(any(test, feature = "internals"))]
    pub const ALL: Levels = Levels(31);

    /// Each level that has a fingerprint.
    pub const EACH: [Levels; 4] = [Levels::STUDY, Levels::SERIES, Levels::KIND, Levels::NUMBER];

    /// How many sets of levels there are.
    pub const SETS: usize = 32;

    /// The set's own number, below [`Levels::SETS`].
    pub const fn number(self) -> usize {
        self.0 as usize
    }

    /// The levels of either.
    pub const fn and(self, other: Levels) -> Levels {
        Levels(self.0 | other.0)
    }

    /// Whether the two have a level in common.
    pub const fn meets(self, other: Levels) -> bool {
        self.0 & other.0 != 0
    }
}

/// A place in the tree of [`Wanted`]: the root data set, or the items of one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(u16);

/// One wanted attribute of a data set or item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// The attribute.
    pub tag: Tag,
    /// Its tag as one number, the group in the upper half.
    pub number: u32,
    /// What it is wanted for.
    pub levels: Levels,
    /// What is wanted inside its items; `None` where the attribute is wanted as a value.
    pub items: Option<NodeId>,
}

/// What the scanner itself needs of a root data set and its file meta information: how to read it, whether it is DICOM,
/// a DICOMDIR, and where to stop.
const NEEDED: [Tag; 9] = [
    tags::MEDIA_STORAGE_SOP_CLASS_UID,
    tags::MEDIA_STORAGE_SOP_INSTANCE_UID,
    tags::TRANSFER_SYNTAX_UID,
    tags::DIRECTORY_RECORD_SEQUENCE,
    RECOGNITION_CODE,
    tags::SOP_CLASS_UID,
    tags::SOP_INSTANCE_UID,
    tags::STUDY_INSTANCE_UID,
    tags::SERIES_INSTANCE_UID,
];

/// The recognition code of data sets before DICOM, as `ACR-NEMA 2.0` (retired).
pub const RECOGNITION_CODE: Tag = Tag(0x0008, 0x0010);

/// The tree of wanted attributes, made once a run and shared by all workers.
#[derive(Debug)]
pub struct Wanted {
    nodes: Vec<Vec<Child>>,
    last_tag: fn(sop_class: Option<&[u8]>) -> Tag,
}

impl Wanted {
    /// Joins paths into a tree. `last_tag` says after which root tag the scan of an object of a SOP class, given as its
    /// unpadded UID, may stop.
    ///
    /// Specific Character Set (0008,0005) is wanted wherever anything is, for an item may bring its own (PS3.3
    /// C.12.1.1.2). Transfer syntax, SOP class and the UIDs are wanted by the scanner itself.
    pub fn new<P: AsRef<[Tag]>>(
        paths: impl IntoIterator<Item = (P, Levels)>,
        last_tag: fn(Option<&[u8]>) -> Tag,
    ) -> Wanted {
        let mut wanted = Wanted { nodes: vec![Vec::new()], last_tag };
        for tag in NEEDED {
            wanted.insert(0, tag, Levels::NONE);
        }
        for (path, levels) in paths {
            wanted.add(path.as_ref(), levels);
        }
        wanted
    }

    /// The root data set's place.
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// The wanted attributes of a place, in ascending order of tag.
    pub fn children(&self, node: NodeId) -> &[Child] {
        self.nodes.get(usize::from(node.0)).map_or(&[], Vec::as_slice)
    }

    /// The last root tag worth reading in an object of this SOP class.
    pub fn last_tag(&self, sop_class: Option<&[u8]>) -> Tag {
        (self.last_tag)(sop_class)
    }

    /// A hash of what a scan reads, for stored values: every tag path and its levels, the format of
    /// [`StoredValues`](super::StoredValues), and [`SCANNER_VERSION`]. What was stored under another is to be read
    /// again.
    pub fn hash(&self) -> u64 {
        let mut hasher = Xxh3Default::new();
        hasher.update(&SCANNER_VERSION.to_le_bytes());
        hasher.update(&STORED_FORMAT.to_le_bytes());
        for children in &self.nodes {
            hasher.update(&children.len().to_le_bytes());
            for Child { tag, levels, items, .. } in children {
                let items = items.map_or(0, |node| node.0 + 1);
                [tag.group(), tag.element(), u16::from(levels.0), items]
                    .iter()
                    .for_each(|part| hasher.update(&part.to_le_bytes()));
            }
        }
        hasher.digest()
    }

    fn add(&mut self, path: &[Tag], levels: Levels) {
        let mut node = 0;
        for (depth, tag) in path.iter().enumerate() {
            self.insert(node, tags::SPECIFIC_CHARACTER_SET, levels);
            let at = self.insert(node, *tag, levels);
            if depth + 1 < path.len() {
                node = self.items_of(node, at);
            }
        }
    }

    fn insert(&mut self, node: usize, tag: Tag, levels: Levels) -> usize {
        let children = &mut self.nodes[node];
        match children.binary_search_by_key(&tag, |child| child.tag) {
            Ok(at) => {
                children[at].levels = children[at].levels.and(levels);
                at
            }
            Err(at) => {
                let number = u32::from(tag.group()) << 16 | u32::from(tag.element());
                children.insert(at, Child { tag, number, levels, items: None });
                at
            }
        }
    }

    fn items_of(&mut self, node: usize, at: usize) -> usize {
        if let Some(items) = self.nodes[node][at].items {
            return usize::from(items.0);
        }
        let new = self.nodes.len();
        let id = u16::try_from(new).expect("the mapping names fewer than 65,536 sequences");
        self.nodes.push(Vec::new());
        self.nodes[node][at].items = Some(NodeId(id));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_path_or_level_makes_another_hash() {
        let hash = |path: TagPath, levels| Wanted::new([(path, levels)], |_| tags::PIXEL_DATA).hash();
        let one = hash(&[tags::PATIENT_ID], Levels::STUDY);
        assert_eq!(one, hash(&[tags::PATIENT_ID], Levels::STUDY));
        assert_ne!(one, hash(&[tags::PATIENT_ID], Levels::SERIES));
        assert_ne!(one, hash(&[tags::PATIENT_NAME], Levels::STUDY));
        assert_ne!(one, hash(&[tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::PATIENT_ID], Levels::STUDY));
    }

    #[test]
    fn paths_join_into_one_ascending_tree_with_character_sets() {
        let wanted = Wanted::new(
            [
                (&[tags::PATIENT_ID] as TagPath, Levels::STUDY),
                (&[tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::ACCESSION_NUMBER], Levels::SERIES),
                (&[tags::ACCESSION_NUMBER], Levels::SERIES),
            ],
            |_| tags::PIXEL_DATA,
        );
        let of_no_level = |child: &&Child| child.levels == Levels::NONE;
        let root = wanted.children(wanted.root());
        assert!(root.is_sorted_by_key(|child| child.tag));
        assert_eq!(root.iter().filter(of_no_level).count(), NEEDED.len());
        let root: Vec<&Child> = root.iter().filter(|child| !of_no_level(child)).collect();
        assert_eq!(
            root.iter().map(|child| child.tag).collect::<Vec<_>>(),
            [tags::SPECIFIC_CHARACTER_SET, tags::ACCESSION_NUMBER, tags::PATIENT_ID, tags::REQUEST_ATTRIBUTES_SEQUENCE]
        );
        let sequence = root[3];
        let inside: Vec<Tag> = wanted.children(sequence.items.unwrap()).iter().map(|child| child.tag).collect();
        assert_eq!(inside, [tags::SPECIFIC_CHARACTER_SET, tags::ACCESSION_NUMBER]);
        assert!(root[0].levels.meets(Levels::STUDY));
        assert!(!sequence.levels.meets(Levels::STUDY));
    }
}
