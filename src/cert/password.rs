//! A password of a key file or PFX.

use std::fmt;

use zeroize::Zeroizing;

/// A password. Erased when dropped, never printed, never serialised.
#[derive(Clone, Eq, PartialEq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes over a password.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the text. The caller must not copy it into memory that is not erased.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns whether the password has no character.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether every character is ASCII. Java refuses other passwords (docs/SECURITY.md).
    pub fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }

    /// Makes a password with 128 bits of entropy from `random`, as 26 characters of Crockford's base 32: ASCII, no quotes, no
    /// look-alikes, safe in every shell.
    pub fn generate(random: &[u8; 16]) -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let number = u128::from_be_bytes(*random);
        let text = (0..26).rev().map(|place| char::from(ALPHABET[(number >> (place * 5)) as usize & 31])).collect();
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([secret])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_random_octets_give_different_passwords() {
        let zero = Password::generate(&[0; 16]);
        let one = Password::generate(&[255; 16]);
        assert_eq!(zero.expose(), "0".repeat(26));
        assert_eq!(one.expose(), format!("7{}", "z".repeat(25)));
        assert_eq!(format!("{one:?}"), "Password([secret])");
    }
}
