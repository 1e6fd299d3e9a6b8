//! What has an address: links and pictures, as a page keeps them.
//!
//! Writes addresses anew where something between them and their text goes. The texts of links are read like all others.

use std::ops::Range;

use pulldown_cmark::LinkType;

use super::Reader;
use crate::domain::text::address::{is_followed, shows_picture};
use crate::domain::text::cut::CutKind;
use crate::domain::text::shown_text::links::{OpenLink, destination, is_by_reference, is_no_link};
use crate::domain::text::unseen::Unseen;

impl Reader<'_> {
    /// Begins a picture. Of one in the alternative text of another nothing is shown.
    pub(super) fn start_picture(
        &mut self,
        link_type: LinkType,
        address: &str,
        range: &Range<usize>,
    ) {
        let is_picture = !is_no_link(self.source, link_type, range);
        self.pictures.push(is_picture);
        if !is_picture {
            self.note_shown();
            return;
        }
        self.images += 1;
        if self.images > 1 {
            return;
        }
        self.note_address(address);
        let address = if shows_picture(address) {
            self.note_shown();
            destination(address)
        } else {
            String::new()
        };
        let replacement = format!("![]({address})");
        if self.source[range.clone()] != replacement {
            self.cut(range.clone(), replacement, CutKind::Unshown);
        }
    }

    /// Begins a link.
    pub(super) fn start_link(
        &mut self,
        link_type: LinkType,
        address: &str,
        has_title: bool,
        range: &Range<usize>,
    ) {
        // These show the whole address.
        let is_automatic = matches!(link_type, LinkType::Autolink | LinkType::Email);
        if !is_automatic {
            self.note_address(address);
        }
        self.end_links();
        let is_link = !is_no_link(self.source, link_type, range);
        let is_kept = is_followed(address);
        let anew = is_by_reference(link_type) || has_title || (!is_automatic && !is_kept);
        let address = if is_kept { address } else { "" };
        let destination = (is_link && anew).then(|| destination(address));
        self.links.push(OpenLink::new(range, is_link, destination));
    }

    /// Notes that a link begins, which ends the ones that it stands in.
    pub(super) fn end_links(&mut self) {
        for link in &mut self.links {
            link.is_ended = true;
        }
    }

    /// Takes an address of a link or picture, its references decoded.
    fn note_address(&mut self, address: &str) {
        self.source_only.add(Unseen::in_address(address));
        self.html.address(address);
    }
}
