//! Ten thousand requests, sane and insane, to a hundred nodes.

use std::collections::BTreeMap;

use super::*;
use crate::fake_acts::Ending;
use crate::fake_host::Crash;
use crate::protocol::samples;

/// SplitMix64: the same storm each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % sides as u64).unwrap()
    }
}

fn request(dice: &mut Dice) -> Request {
    let actions = samples::actions();
    let action = actions[dice.roll(actions.len())].clone();
    let mut request = samples::request(action);
    if request.mode == protocol::Mode::Perform {
        request.roll = Some(samples::of(["a", "b"][dice.roll(2)]));
        request.step = Some(samples::of(["1", "2", "3"][dice.roll(3)]));
        request.attempt = Some(u32::try_from(1 + dice.roll(2)).unwrap());
        request.fence = Some(1 + dice.roll(3) as u64);
    }
    request
}

/// Changes some octets of one request in four.
fn spoil(bytes: &mut Vec<u8>, dice: &mut Dice) {
    if dice.roll(4) == 0 {
        let at = dice.roll(bytes.len());
        match dice.roll(3) {
            0 => bytes[at] = dice.roll(256) as u8,
            1 => bytes.truncate(at),
            _ => bytes.insert(at, dice.roll(256) as u8),
        }
    }
}

#[test]
fn ten_thousand_requests_get_one_answer_each_and_no_attempt_acts_twice() {
    let mut dice = Dice(2026);
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..100 {
        let node = Node::new();
        let mut tickets: BTreeMap<String, usize> = BTreeMap::new();
        for _ in 0..100 {
            let request = request(&mut dice);
            let mut bytes = serde_json::to_vec(&request).unwrap();
            spoil(&mut bytes, &mut dice);
            let ending = [Ending::Well, Ending::Well, Ending::Fails, Ending::Unclear][dice.roll(4)];
            node.acts.ending(ending);
            if dice.roll(8) == 0 {
                node.fake.folders().crash_at(dice.roll(20), [Crash::Before, Crash::After][dice.roll(2)]);
            }
            let before = node.acts.total();
            let reply = node.asked(&bytes);
            node.fake.folders().revive();
            node.fake.pass(i64::try_from(dice.roll(100)).unwrap());
            let answer = protocol::read_answer(&reply.bytes).unwrap();
            assert!(!String::from_utf8_lossy(&reply.bytes).contains(samples::CANARY));
            let kind = serde_json::to_value(&answer.outcome).unwrap();
            *outcomes.entry(kind.as_object().unwrap().keys().next().unwrap().clone()).or_default() += 1;
            let acted = node.acts.total() - before;
            if acted > 0 {
                let order = protocol::read(&bytes).unwrap();
                let ticket = order.ticket.unwrap();
                let key = format!("{} {} {}", ticket.roll, ticket.step, ticket.attempt);
                let times = tickets.entry(key.clone()).or_default();
                *times += acted;
                assert_eq!(*times, 1, "{key} acted twice");
            }
        }
        assert!(!node.fake.folders().holds(samples::CANARY.as_bytes()), "a password is in a file");
    }
    for kind in ["observed", "done", "failed", "unclear", "refused"] {
        assert!(outcomes.get(kind).is_some_and(|times| *times > 50), "{kind}: {outcomes:?}");
    }
}
