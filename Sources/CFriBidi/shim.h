#ifndef AKURU_CFRIBIDI_SHIM_H
#define AKURU_CFRIBIDI_SHIM_H

#include <fribidi.h>
#include <stddef.h>

enum { AKURU_BIDI_AUTO, AKURU_BIDI_LTR, AKURU_BIDI_RTL };

// The levels of a line's letters, and the place in the text of each letter on the page. Returns the base direction, or
// AKURU_BIDI_AUTO without memory. In C, since the directions are macros and `types` and `brackets` are only passed on.
static inline int akuru_bidi_reorder(
    const uint32_t *text, int count, int direction, FriBidiCharType *types, FriBidiBracketType *brackets,
    FriBidiLevel *levels, FriBidiStrIndex *places) {
  FriBidiParType base = direction == AKURU_BIDI_LTR ? FRIBIDI_PAR_LTR
                        : direction == AKURU_BIDI_RTL ? FRIBIDI_PAR_RTL : FRIBIDI_PAR_ON;
  fribidi_get_bidi_types(text, count, types);
  fribidi_get_bracket_types(text, count, types, brackets);
  if (fribidi_get_par_embedding_levels_ex(types, brackets, count, &base, levels) == 0) return AKURU_BIDI_AUTO;
  for (int i = 0; i < count; i++) places[i] = i;
  // Without FRIBIDI_FLAG_REORDER_NSM: from left to right, a mark of a letter that is read from the right comes before it.
  if (fribidi_reorder_line(0, types, count, 0, base, levels, NULL, places) == 0) return AKURU_BIDI_AUTO;
  return FRIBIDI_IS_RTL(base) ? AKURU_BIDI_RTL : AKURU_BIDI_LTR;
}

// How many letters are strong, either way: right to left less left to right.
static inline int akuru_bidi_balance(const uint32_t *text, int count) {
  int balance = 0;
  for (int i = 0; i < count; i++) {
    FriBidiCharType type = fribidi_get_bidi_type(text[i]);
    if (FRIBIDI_IS_LETTER(type)) balance += FRIBIDI_IS_RTL(type) ? 1 : -1;
  }
  return balance;
}

// What stands for a letter in text that runs from right to left, such as ")" for "(".
static inline uint32_t akuru_bidi_mirrored(uint32_t letter) {
  FriBidiChar mirrored = letter;
  fribidi_get_mirror_char(letter, &mirrored);
  return mirrored;
}

// FriBidi's version, and that of Unicode's data in it: a variable, which Swift takes for one that changes.
static inline const char *akuru_bidi_version(void) { return fribidi_version_info; }

#endif
