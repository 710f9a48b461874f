#ifndef NACRE_SERVER_BASE_DECIMALS_H_
#define NACRE_SERVER_BASE_DECIMALS_H_

#include <optional>
#include <string>
#include <string_view>

namespace nacre::server {

// Numbers with a fraction, as INCRBYFLOAT reads and writes them. They are computed as long double,
// and clients compare the text: so text and precision are those of Redis on the same machine.

// Decimal or hexadecimal, with an exponent, or an infinity; all of `text` and no blank before it.
// nullopt also for what is beyond the range of the type, and for a number that is none.
std::optional<long double> ParseDecimal(std::string_view text);

// In decimal, without an exponent: rounded to 17 places, no zeros at the end of a fraction, no
// negative zero. `value` is finite.
std::string FormatDecimal(long double value);

}  // namespace nacre::server

#endif  // NACRE_SERVER_BASE_DECIMALS_H_
