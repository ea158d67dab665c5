#ifndef AKURU_CXML2_SHIM_H
#define AKURU_CXML2_SHIM_H

#include <libxml/xmlversion.h>
// ICU's headers, which encoding.h includes if libxml2 is built with it, contradict those of Foundation. Nothing of it is used.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlreader.h>
#include <string.h>

// The first error of a file that ends its reading, and the handler that was there before.
typedef struct {
  int code;
  int line;
  char text[256];
  xmlStructuredErrorFunc former;
  void *former_context;
} akuru_xml_errors;

#if LIBXML_VERSION >= 21200
typedef const xmlError *akuru_xml_error;
#else
typedef xmlErrorPtr akuru_xml_error;
#endif

// Keeps fatal errors, and entities that are not declared: with an external DTD, libxml2 would only leave these out.
static inline void akuru_xml_keep(void *context, akuru_xml_error error) {
  akuru_xml_errors *errors = (akuru_xml_errors *)context;
  if (errors->code != 0 || (error->level != XML_ERR_FATAL && error->code != XML_WAR_UNDECLARED_ENTITY)) return;
  errors->code = error->code;
  errors->line = error->line;
  strncpy(errors->text, error->message ? error->message : "", sizeof(errors->text) - 1);
}

// Errors of this thread are kept, none is printed. In C, since libxml2 2.12 changed the handler's type.
static inline void akuru_xml_begin(akuru_xml_errors *errors) {
  memset(errors, 0, sizeof(*errors));
  errors->former = xmlStructuredError;
  errors->former_context = xmlStructuredErrorContext;
  xmlSetStructuredErrorFunc(errors, akuru_xml_keep);
}

static inline void akuru_xml_end(akuru_xml_errors *errors) {
  xmlSetStructuredErrorFunc(errors->former_context, errors->former);
  xmlResetLastError();
}

// xmlFree is a variable, which Swift does not take for safe.
static inline void akuru_xml_free(xmlChar *text) { xmlFree(text); }

#endif
