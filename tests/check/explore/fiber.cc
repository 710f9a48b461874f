#include "tests/check/explore/fiber.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NACRE_CHECK_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define NACRE_CHECK_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define NACRE_CHECK_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define NACRE_CHECK_TSAN 1
#endif
#ifdef NACRE_CHECK_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef NACRE_CHECK_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace nacre::check::explore {
namespace {

thread_local Fiber* current = nullptr;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fiber: %s\n", what);
  std::abort();
}

}  // namespace

Fiber::Fiber() {
  stack_ = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  Require(stack_ != MAP_FAILED, "no memory for a stack");
#ifdef NACRE_CHECK_TSAN
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  Require(finished_, "destroyed in the middle of its body");
#ifdef NACRE_CHECK_TSAN
  __tsan_destroy_fiber(tsan_fiber_);
#endif
  ::munmap(stack_, kStackBytes);
}

void Fiber::Start(std::function<void()> body) {
  Require(finished_, "started in the middle of its body");
  body_ = std::move(body);
  finished_ = false;
  ::getcontext(&context_);
  context_.uc_stack.ss_sp = stack_;
  context_.uc_stack.ss_size = kStackBytes;
  context_.uc_link = nullptr;  // Entry() never returns.
  fake_stack_ = nullptr;
  ::makecontext(&context_, &Fiber::Entry, 0);
}

void Fiber::Resume() {
  Require(current == nullptr, "resumed from inside a fiber");
  Require(!finished_, "resumed after its body returned");
  current = this;
#ifdef NACRE_CHECK_ASAN
  __sanitizer_start_switch_fiber(&caller_fake_stack_, stack_, kStackBytes);
#endif
#ifdef NACRE_CHECK_TSAN
  tsan_caller_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, 0);
#endif
  ::swapcontext(&caller_, &context_);
#ifdef NACRE_CHECK_ASAN
  __sanitizer_finish_switch_fiber(caller_fake_stack_, nullptr, nullptr);
#endif
  current = nullptr;
}

void Fiber::EnterStack() {
#ifdef NACRE_CHECK_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, &caller_stack_, &caller_stack_bytes_);
#endif
}

void Fiber::LeaveStack(bool for_good) {
#ifdef NACRE_CHECK_ASAN
  __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_stack_, caller_stack_,
                                 caller_stack_bytes_);
#endif
#ifdef NACRE_CHECK_TSAN
  __tsan_switch_to_fiber(tsan_caller_, 0);
#endif
  (void)for_good;
  ::swapcontext(&context_, &caller_);
}

void Fiber::Suspend() {
  Require(current == this, "suspended from outside");
  LeaveStack(/*for_good=*/false);
  EnterStack();
}

void Fiber::Entry() {
  Fiber* self = current;
  self->EnterStack();
  self->body_();
  self->body_ = nullptr;
  self->finished_ = true;
  self->LeaveStack(/*for_good=*/true);
}

Fiber* Fiber::Current() { return current; }

}  // namespace nacre::check::explore
