#ifndef NACRE_ENGINE_BASE_SHORT_LIST_H_
#define NACRE_ENGINE_BASE_SHORT_LIST_H_

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace nacre::base {

// A vector of which the first kInline elements stand in the object itself, for lists that are
// nearly always that short. It knows where its elements are, and does not ask at each use, so that
// it can not be moved. Thread-compatible.
template <typename T, size_t kInline>
class ShortList {
 public:
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

  ShortList() = default;
  ~ShortList() { FreeMemory(); }
  ShortList(const ShortList&) = delete;
  ShortList& operator=(const ShortList&) = delete;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  // The next element needs memory.
  bool full() const { return size_ == capacity_; }
  // Whether there is anything to free.
  bool has_memory() const { return capacity_ != kInline; }

  void reserve(size_t size) {
    if (size > capacity_) Grow(size);
  }
  template <typename... Args>
  T& emplace_back(Args&&... args) {
    if (full()) [[unlikely]]
      Grow(2 * size_);
    return *::new (static_cast<void*>(data_ + size_++)) T{std::forward<Args>(args)...};
  }
  // `element` is not one of the list's own.
  void push_back(const T& element) { emplace_back(element); }
  void pop_back() { --size_; }
  // Precondition: there are at least so many.
  void truncate(size_t size) { size_ = size; }
  // Frees its memory too.
  void clear() {
    FreeMemory();
    data_ = InlineData();
    size_ = 0;
    capacity_ = kInline;
  }

 private:
  T* InlineData() { return std::launder(reinterpret_cast<T*>(inline_)); }
  void FreeMemory() {
    if (has_memory()) [[unlikely]]
      ::operator delete(static_cast<void*>(data_));
  }
  [[gnu::noinline]] void Grow(size_t capacity) {
    auto* const data = static_cast<T*>(::operator new(capacity * sizeof(T)));
    std::memcpy(static_cast<void*>(data), data_, size_ * sizeof(T));
    FreeMemory();
    data_ = data;
    capacity_ = capacity;
  }

  T* data_ = InlineData();
  size_t size_ = 0;
  size_t capacity_ = kInline;
  alignas(T) std::byte inline_[kInline * sizeof(T)];
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_SHORT_LIST_H_
