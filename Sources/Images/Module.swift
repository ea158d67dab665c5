// Holds: PNG, JPEG, TIFF and WebP files, lines cut out of pages, resizing, and effects on pages.
// Not here: No data set and no text.
// Note: Each C library has one door: libpng, libjpeg, libtiff and libwebp are imported here only.
