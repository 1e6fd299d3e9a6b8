//! Ids in the shapes GitHub gives them: node ids, page cursors and object names.
//!
//! Nothing here is remembered. The same numbers always give the same text, so stories repeat exactly.

use chrono::{DateTime, SecondsFormat, Utc};

/// Returns a node id such as `LE_lADO…`: a type prefix and the packed numbers that lead to the object.
pub fn node_id(prefix: &str, numbers: &[u64]) -> String {
    let mut packed = vec![
        0x91 + u8::try_from(numbers.len()).expect("a node id has few parts"),
        0,
    ];
    for number in numbers {
        match u32::try_from(*number) {
            Ok(small) => {
                packed.push(0xce);
                packed.extend(small.to_be_bytes());
            }
            Err(_) => {
                packed.push(0xcf);
                packed.extend(number.to_be_bytes());
            }
        }
    }
    format!("{prefix}_{}", base64(&packed, URL_ALPHABET, false))
}

/// Returns the older kind of node id that accounts still have, such as `MDQ6VXNlcjEwMQ==`.
pub fn account_node_id(kind: &str, id: u64) -> String {
    base64(
        format!("0{}:{kind}{id}", kind.len()).as_bytes(),
        PLAIN_ALPHABET,
        true,
    )
}

/// Returns an opaque page cursor for the entry of `connection` with this place in the order.
pub fn cursor(connection: &str, place: Place) -> String {
    let text = format!("cursor:v2:{connection}:{}:{}", place.0, place.1);
    base64(text.as_bytes(), PLAIN_ALPHABET, true)
}

/// Returns the place a cursor of `connection` stands for; `None` for anything we never handed out.
pub fn place_of_cursor(connection: &str, text: &str) -> Option<Place> {
    let decoded = String::from_utf8(decode_base64(text)?).ok()?;
    let rest = decoded
        .strip_prefix("cursor:v2:")?
        .strip_prefix(connection)?
        .strip_prefix(':')?;
    let (first, second) = rest.split_once(':')?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

/// Where an entry stands in the order of its connection.
pub type Place = (i64, i64);

/// Returns a time the way both interfaces print it: UTC with a resolution of one second.
pub fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

const URL_ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const PLAIN_ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8], alphabet: &[u8; 64], padded: bool) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0_u8; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for position in 0..4 {
            if position <= chunk.len() {
                let index = (bits >> (18 - 6 * position)) & 0x3f;
                text.push(char::from(alphabet[index as usize]));
            } else if padded {
                text.push('=');
            }
        }
    }
    text
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let index = PLAIN_ALPHABET.iter().position(|known| *known == byte)?;
        bits = (bits << 6) | u32::try_from(index).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[test]
fn github_sandbox_ids_look_like_those_of_the_service() {
    assert!(node_id("LE", &[1_296_269, 3_012_345_087, 6_430_295_168]).starts_with("LE_lADO"));
    assert!(node_id("I", &[1_296_269, 3_012_345_087]).starts_with("I_kwDO"));
    assert_eq!(account_node_id("User", 101), "MDQ6VXNlcjEwMQ==");
    assert_eq!(
        place_of_cursor("issues", &cursor("issues", (-5, 87))),
        Some((-5, 87))
    );
    assert_eq!(
        place_of_cursor("comments", &cursor("issues", (5, 87))),
        None
    );
}
