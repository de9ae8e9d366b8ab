//! The fingerprint of RSA keys made by a faulty library in Infineon chips (CVE-2017-15361, "ROCA").
//!
//! Such primes have the form `k * M + (65537^a mod M)`, `M` being the product of the first primes. So modulo each of those
//! primes the modulus is a power of 65537. The smallest `M` (512-bit keys) ends with the prime 167, and every larger one
//! contains it. Another modulus passes all tests with a probability of about 2^-28.
//! Source: Nemec et al., "The Return of Coppersmith's Attack", ACM CCS 2017, section 2.

const GENERATOR: u32 = 65537;

const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Returns whether an RSA modulus (big-endian) carries the fingerprint.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    !modulus.is_empty() && PRIMES.iter().all(|&prime| is_power_of_generator(remainder(modulus, prime), prime))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, octet| (rest * 256 + u32::from(*octet)) % prime)
}

fn is_power_of_generator(value: u32, prime: u32) -> bool {
    let generator = GENERATOR % prime;
    let mut power = 1;
    for _ in 1..prime {
        if power == value {
            return true;
        }
        power = power * generator % prime;
    }
    false
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    /// A 512-bit modulus from such a chip, published as `data/512.pem` of the repository `brunoproduit/roca`.
    const FROM_A_CHIP: &str = "99a71d7c77fadc99f5e51ae19e1e9aca372581a8fe7bc928b004f4642015b279\
                               fd39338c2c1dd4dee25e9ac429443b2e3ff71585f9d41a1db9928e004da2d7fd";

    #[test]
    fn a_modulus_from_a_faulty_chip_carries_the_fingerprint_and_its_neighbours_do_not() {
        let mut modulus: Vec<u8> = (0..FROM_A_CHIP.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&FROM_A_CHIP[at..at + 2], 16).unwrap())
            .collect();
        assert!(has_fingerprint(&modulus));
        for difference in 1..=40 {
            modulus[63] = 0xfd - difference;
            assert!(!has_fingerprint(&modulus), "minus {difference}");
        }
    }

    #[test]
    fn no_modulus_and_zero_carry_no_fingerprint() {
        assert!(!has_fingerprint(&[]));
        assert!(!has_fingerprint(&[0; 256]));
    }
}
