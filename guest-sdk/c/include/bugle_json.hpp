// JSON in C++23, over `bugle_json.h`, which says what is JSON.
#ifndef BUGLE_JSON_HPP
#define BUGLE_JSON_HPP

#include <iterator>
#include <utility>

#include "bugle.hpp"
#include "bugle_json.h"

namespace bugle {

/// A value of a JSON document, or none: whatever is asked of none is none. See `bugle_json.h`.
class json {
public:
    json() = default;
    explicit json(const bugle_json *value) : value_(value) {}

    /// The value of a document, which must live as long as it.
    static std::expected<json, bugle_json_error> read(bytes document)
    {
        bugle_json_error error;
        const bugle_json *value = bugle_json_read(bytes_of(document), &error);
        if (value == nullptr) {
            return std::unexpected(error);
        }
        return json(value);
    }

    bool is_array() const { return value_ != nullptr && value_->kind == BUGLE_JSON_ARRAY; }

    /// How many values an array or an object has.
    std::size_t size() const { return value_ != nullptr ? value_->count : 0; }

    /// The member of a name.
    json operator[](const char *name) const { return json(bugle_json_member(value_, name)); }

    /// The text of a string.
    std::optional<std::string_view> string() const
    {
        const bugle_string *text = bugle_json_string(value_);
        return text != nullptr ? std::optional(view(*text)) : std::nullopt;
    }

    /// A number without fraction and exponent that fits.
    std::optional<std::int64_t> integer() const
    {
        std::int64_t number;
        return bugle_json_integer(value_, &number) ? std::optional(number) : std::nullopt;
    }

    /// Over the values of an array or an object.
    class iterator {
    public:
        using value_type = json;
        using difference_type = std::ptrdiff_t;

        explicit iterator(const bugle_json *at = nullptr) : at_(at) {}
        json operator*() const { return json(at_); }
        iterator &operator++()
        {
            at_ = at_->next;
            return *this;
        }
        iterator operator++(int)
        {
            return iterator(std::exchange(at_, at_->next));
        }
        bool operator==(const iterator &) const = default;

    private:
        const bugle_json *at_;
    };

    iterator begin() const { return iterator(value_ != nullptr ? value_->first : nullptr); }
    iterator end() const { return iterator(); }

private:
    const bugle_json *value_ = nullptr;
};

} // namespace bugle

#endif
