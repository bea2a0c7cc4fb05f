// What differs between two texts, word by word: the longest common subsequence of their words.
//
// compare() bounds its work: texts with too many words are compared by sentences first, and then
// word by word only between those that differ. It knows nothing of the page.

// A table of this many cells is filled in well under a second on a slow phone.
const MOST_CELLS = 16_000_000;
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;
const SENTENCE_END = /[.!?。！？]/;
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
// Every segment carries the text it is of: a long text is cut into sentences first.
const PIECE = /[^。！？\n]{1,400}[。！？\n]*|[。！？\n]+/gu;

// The words of a text, [{at, end, word}]; where words have no spaces between them, as in Japanese,
// the browser's own segments, or single characters.
export function wordsOf(text, language = "") {
  const found = UNSPACED.test(text) ? segments(text, language)
    : [...text.matchAll(WORD)].map((match) => [match.index, match[0]]);
  return found.map(([at, word]) => ({ at, end: at + word.length, word }));
}

function segments(text, language) {
  if (!Intl.Segmenter) return [...text.matchAll(/\S/gu)].map((match) => [match.index, match[0]]);
  let segmenter;
  try {
    segmenter = new Intl.Segmenter(language || "ja", { granularity: "word" });
  } catch {
    // What an import called a language need not be one.
    segmenter = new Intl.Segmenter("ja", { granularity: "word" });
  }
  const found = [];
  for (const { 0: piece, index: start } of text.matchAll(PIECE)) {
    for (const { index, segment } of segmenter.segment(piece)) {
      if (segment.trim()) found.push([start + index, segment]);
    }
  }
  return found;
}

// {left, right, share}: the stretches [start, end] of each text that are not in the other, and the
// share of words that both have, 0 to 1. null when the texts are too long.
export function compare(left, right, language = "") {
  const [a, b] = [wordsOf(left, language), wordsOf(right, language)];
  const budget = { cells: MOST_CELLS };
  const pairs = commonOf(a.map(({ word }) => word), b.map(({ word }) => word), budget)
    ?? bySentences(left, right, a, b, budget);
  if (!pairs) return null;
  const kept = [new Set(pairs.map(([i]) => i)), new Set(pairs.map(([, j]) => j))];
  const all = a.length + b.length;
  return {
    left: stretches(a, kept[0]),
    right: stretches(b, kept[1]),
    share: all ? (2 * pairs.length) / all : 1,
  };
}

// Pairs [i, j] of places that a longest common subsequence keeps; null when the budget is too small.
function commonOf(a, b, budget) {
  const pairs = [];
  let start = 0;
  let [endA, endB] = [a.length, b.length];
  for (; start < endA && start < endB && a[start] === b[start]; start += 1) {
    pairs.push([start, start]);
  }
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) pairs.push([--endA, --endB]);
  const [n, m] = [endA - start, endB - start];
  if (!n || !m) return pairs;
  if (n * m > budget.cells) return null;
  budget.cells -= n * m;
  const number = new Map();
  const numbered = (words, end) => Uint32Array.from(words.slice(start, end), (word) => {
    if (!number.has(word)) number.set(word, number.size);
    return number.get(word);
  });
  const [x, y] = [numbered(a, endA), numbered(b, endB)];
  const width = m + 1;
  // length[i * width + j]: how much x from i on and y from j on have in common.
  const length = new Uint16Array((n + 1) * width);
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let j = m - 1, at = i * width + j; j >= 0; j -= 1, at -= 1) {
      length[at] = x[i] === y[j] ? length[at + width + 1] + 1
        : Math.max(length[at + width], length[at + 1]);
    }
  }
  for (let i = 0, j = 0; i < n && j < m;) {
    if (x[i] === y[j]) pairs.push([start + i++, start + j++]);
    else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

function bySentences(left, right, a, b, budget) {
  const [partsA, partsB] = [sentencesOf(left, a), sentencesOf(right, b)];
  const same = commonOf(partsA.map(({ key }) => key), partsB.map(({ key }) => key), budget);
  if (!same) return null;
  const pairs = [];
  let [i, j] = [0, 0];
  const end = [partsA.length, partsB.length];
  for (const [nextI, nextJ] of [...same.sort(([p], [q]) => p - q), end]) {
    const [fromA, toA] = [partsA[i]?.from ?? a.length, partsA[nextI]?.from ?? a.length];
    const [fromB, toB] = [partsB[j]?.from ?? b.length, partsB[nextJ]?.from ?? b.length];
    const words = (all, from, to) => all.slice(from, to).map(({ word }) => word);
    const between = commonOf(words(a, fromA, toA), words(b, fromB, toB), budget);
    if (!between) return null;
    for (const [p, q] of between) pairs.push([fromA + p, fromB + q]);
    const length = (partsA[nextI]?.to ?? toA) - toA;
    for (let k = 0; k < length; k += 1) pairs.push([toA + k, toB + k]);
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return pairs;
}

// The sentences and lines of a text as stretches of its words, with what they say as their key.
function sentencesOf(text, words) {
  const parts = [];
  words.forEach(({ at, word }, index) => {
    const previous = words[index - 1];
    if (!previous || SENTENCE_END.test(previous.word) || text.slice(previous.end, at).includes("\n")) {
      parts.push({ from: index, to: index, key: "" });
    }
    const part = parts.at(-1);
    part.to = index + 1;
    part.key += `${word} `;
  });
  return parts;
}

function stretches(words, kept) {
  const found = [];
  words.forEach(({ at, end }, index) => {
    if (kept.has(index)) return;
    if (index && found.length && !kept.has(index - 1)) found.at(-1)[1] = end;
    else found.push([at, end]);
  });
  return found;
}
