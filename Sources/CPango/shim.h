#ifndef AKURU_CPANGO_SHIM_H
#define AKURU_CPANGO_SHIM_H

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-font.h>
#include <pango/pangofc-fontmap.h>

// A font map that knows the fonts of `config` only. GObject's checked casts are macros, which Swift does not import.
// The map keeps a reference to `config` of its own.
static inline PangoFontMap *akuru_font_map_new(FcConfig *config) {
  PangoFontMap *map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
  if (map != NULL) pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map), config);
  return map;
}

// The path of the file a font was loaded from, or NULL. Same reason.
static inline const char *akuru_font_file(PangoFont *font) {
  FcChar8 *file = NULL;
  if (!PANGO_IS_FC_FONT(font)) return NULL;
  if (FcPatternGetString(pango_fc_font_get_pattern(PANGO_FC_FONT(font)), FC_FILE, 0, &file) != FcResultMatch) return NULL;
  return (const char *)file;
}

// Whether Pango marks the glyph as one that the font lacks. The flags are macros with casts.
static inline int akuru_glyph_is_missing(PangoGlyph glyph) {
  return glyph == 0 || (glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0;
}

// Whether the glyph stands for nothing at all (PANGO_GLYPH_EMPTY), as for a joiner that has done its work.
static inline int akuru_glyph_is_empty(PangoGlyph glyph) { return glyph == PANGO_GLYPH_EMPTY; }

// The glyph that a font has for one scalar, 0 if none.
static inline uint32_t akuru_nominal_glyph(PangoFont *font, uint32_t scalar) {
  hb_codepoint_t glyph = 0;
  return hb_font_get_nominal_glyph(pango_font_get_hb_font(font), scalar, &glyph) ? glyph : 0;
}

// The advance that a font gives a glyph, in Pango's units, before any shaping.
static inline int akuru_advance(PangoFont *font, PangoGlyph glyph) {
  return hb_font_get_glyph_h_advance(pango_font_get_hb_font(font), glyph);
}

// How far a glyph reaches above the baseline, in Pango's units; 0 if the font cannot tell.
static inline int akuru_glyph_top(PangoFont *font, PangoGlyph glyph) {
  hb_glyph_extents_t extents;
  return hb_font_get_glyph_extents(pango_font_get_hb_font(font), glyph, &extents) ? extents.y_bearing : 0;
}

// What a text may be cut at: for each of its scalars and its end, bit 0 if a letter (grapheme cluster) begins there, and bit 1 if
// a line may end before it. PangoLogAttr has bit fields. `flags` has room for one more than the text has scalars.
static inline void akuru_text_breaks(const char *text, int bytes, int scalars, uint8_t *flags) {
  PangoLogAttr *attributes = g_new0(PangoLogAttr, scalars + 1);
  pango_get_log_attrs(text, bytes, -1, pango_language_get_default(), attributes, scalars + 1);
  for (int i = 0; i <= scalars; i++)
    flags[i] = (attributes[i].is_cursor_position ? 1 : 0) | (attributes[i].is_line_break ? 2 : 0);
  g_free(attributes);
}

#endif
