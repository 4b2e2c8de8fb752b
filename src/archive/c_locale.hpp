// SPDX-License-Identifier: Apache-2.0
// CLocale: while it lives, this thread has the "C" locale, in which libarchive hands on the bytes of a name. In another
// locale it converts PAX names from UTF-8 to the locale's character set, and in UTF-8 to its normalisation form C.
#pragma once

#include <locale.h>

namespace lamina::archive {

class CLocale {
public:
  CLocale() noexcept : before_(uselocale(c_locale())) {}
  ~CLocale() { uselocale(before_); }
  CLocale(const CLocale&) = delete;
  CLocale& operator=(const CLocale&) = delete;

private:
  static locale_t c_locale() noexcept {
    static const locale_t locale = newlocale(LC_ALL_MASK, "C", locale_t{});
    return locale;
  }
  locale_t before_;
};

}  // namespace lamina::archive
