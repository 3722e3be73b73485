//! Small changes to inputs: the same ones for the same seed, on every machine.

/// What formats are made of; a byte alone rarely gets deep into a parser.
const TOKENS: [&str; 24] = [
    "\n",
    "\n\n",
    "\n ",
    ":",
    ",",
    "|",
    "(",
    ")",
    "(>= ",
    "<<",
    "=",
    "~",
    "!",
    "*",
    "[",
    "]",
    "\"",
    "'",
    "$",
    "/",
    "_",
    "\u{202e}",
    "\u{0}",
    "9999999999999999999999",
];
/// The longest input, in bytes.
const LONGEST: usize = 16 * 1024;

/// Makes inputs out of seeds.
pub struct Mutator<'a> {
    state: u64,
    seeds: &'a [Vec<u8>],
}

impl<'a> Mutator<'a> {
    /// Returns the mutator of a seed; `seeds` has at least one input.
    pub fn new(seed: u64, seeds: &'a [Vec<u8>]) -> Self {
        Self { state: seed, seeds }
    }

    /// Returns a seed with one to eight changes.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.seed().clone();
        for _ in 0..=self.below(8) {
            self.mutate(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(16)).min(input.len());
        match self.below(6) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 => input.insert(at, u8::try_from(self.below(256)).expect("it is below 256")),
            2 => drop(input.drain(at..end)),
            3 => {
                let token = TOKENS[self.below(TOKENS.len())];
                input.splice(at..at, token.bytes());
            }
            4 => {
                let twice = input[at..end].to_vec();
                input.splice(at..at, twice);
            }
            _ => {
                let other = self.seed();
                let from = self.below(other.len() + 1);
                let to = (from + self.below(64)).min(other.len());
                input.splice(at..end, other[from..to].iter().copied());
            }
        }
    }

    fn seed(&mut self) -> &'a Vec<u8> {
        let seeds = self.seeds;
        &seeds[self.below(seeds.len())]
    }

    /// Returns a number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }

    /// Returns the next number of SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
