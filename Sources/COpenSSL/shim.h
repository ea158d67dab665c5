#ifndef AKURU_COPENSSL_SHIM_H
#define AKURU_COPENSSL_SHIM_H

#include <openssl/evp.h>

#endif
