// The slot of a record: what fits, who has it, and who frees the block.

#include "engine/mvcc/record.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "engine/mvcc/version.h"

namespace nacre::mvcc {
namespace {

constexpr size_t kInlineMax = 64;
constexpr uint32_t kTree = 7;

class RecordSlot : public ::testing::Test {
 protected:
  ~RecordSlot() override {
    if (original_ != nullptr) Version::Free(original_);
  }

  // Of `bytes`, with or without an expiry. Lives until the next one.
  const Version& Original(size_t bytes, ExpiryMs expiry = kNoExpiry) {
    if (original_ != nullptr) Version::Free(original_);
    original_ = Version::NewBytes(std::string(bytes, 'v'), expiry);
    return *original_;
  }
  const Version& Tombstone() {
    if (original_ != nullptr) Version::Free(original_);
    return *(original_ = Version::NewTombstone());
  }

 private:
  Version* original_ = nullptr;
};

TEST_F(RecordSlot, TakesTheFirstVersionAndWhatFitsLater) {
  for (const size_t key_bytes : {0, 1, 7, 8, 9, 300}) {
    const std::string key(key_bytes, 'k');
    Record* record = Record::New(kTree, key, Original(20), kInlineMax);
    EXPECT_EQ(record->tree_id(), kTree);
    Version* first = record->TryInline(Original(20));
    ASSERT_NE(first, nullptr);
    EXPECT_TRUE(first->is_inline());
    EXPECT_EQ(first->memory_bytes(), 0u);
    EXPECT_EQ(first->value(), std::string(20, 'v'));
    EXPECT_EQ(record->key(), key);
    EXPECT_EQ(record->TryInline(Original(1)), nullptr) << "it is taken";
    Record::FreeSlot(record);
    EXPECT_EQ(record->TryInline(Original(25)), nullptr) << "20 bytes take the room of 24";
    Version* second = record->TryInline(Original(24));
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->value(), std::string(24, 'v'));
    EXPECT_EQ(record->key(), key);
    Record::FreeSlot(record);
    Record::Free(record);
  }
}

TEST_F(RecordSlot, AnExpiryTakesEightBytesOfIt) {
  Record* record = Record::New(kTree, "k", Original(20), kInlineMax);
  EXPECT_EQ(record->TryInline(Original(17, /*expiry=*/5)), nullptr);
  const Version* version = record->TryInline(Original(16, /*expiry=*/5));
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->expiry(), 5);
  EXPECT_EQ(version->value(), std::string(16, 'v'));
  Record::FreeSlot(record);
  Record::Free(record);
}

TEST_F(RecordSlot, TheLimitIsOfTheFirstVersion) {
  const auto has_slot = [](const Version& first) {
    Record* record = Record::New(kTree, "k", first, kInlineMax);
    const bool has = record->memory_bytes() != Record::MemoryBytes(1);
    Record::Free(record);
    return has;
  };
  EXPECT_TRUE(has_slot(Original(0)));
  EXPECT_TRUE(has_slot(Original(kInlineMax)));
  EXPECT_FALSE(has_slot(Original(kInlineMax + 1)));
  EXPECT_TRUE(has_slot(Original(kInlineMax - 8, /*expiry=*/5)));
  EXPECT_FALSE(has_slot(Original(kInlineMax - 7, /*expiry=*/5)));
  EXPECT_FALSE(has_slot(Tombstone()));
}

TEST_F(RecordSlot, WhereNoValueIsInlineAnEmptyOneIsNot) {
  Record* record = Record::New(kTree, "k", Original(0), /*inline_bytes_max=*/0);
  EXPECT_EQ(record->TryInline(Original(0)), nullptr);
  Record::Free(record);
}

TEST_F(RecordSlot, TheLargestHasRoomForWhatItSays) {
  Record* record = Record::New(kTree, "k", Original(Record::kSlotBytesMax), Record::kSlotBytesMax);
  Version* version = record->TryInline(Original(Record::kSlotBytesMax));
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->value(), std::string(Record::kSlotBytesMax, 'v'));
  Record::FreeSlot(record);
  Record::Free(record);
}

TEST_F(RecordSlot, ARecordWithoutOneTakesNothing) {
  Record* record = Record::New(kTree, "k");
  EXPECT_EQ(record->TryInline(Original(1)), nullptr);
  record->NoteRemoved();
  Record::Free(record);
}

TEST_F(RecordSlot, TombstonesAndInlineVersionsAreNotCopiedThere) {
  Record* record = Record::New(kTree, "k", Original(1), kInlineMax);
  EXPECT_EQ(record->TryInline(Tombstone()), nullptr);
  const Version* version = record->TryInline(Original(1));
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(record->InlineAgain(*version), nullptr);
  Record::FreeSlot(record);
  Record::Free(record);
}

// INLINE. The address sanitizer looks at the first order, the leak checker at both.
TEST_F(RecordSlot, TheBlockLastsAsLongAsEither) {
  for (const bool record_first : {true, false}) {
    Record* record = Record::New(kTree, "k", Original(9), kInlineMax);
    Version* version = record->TryInline(Original(9));
    ASSERT_NE(version, nullptr);
    EXPECT_FALSE(record->removed());
    record->NoteRemoved();
    EXPECT_TRUE(record->removed());
    if (record_first) {
      Record::Free(record);
      EXPECT_EQ(version->value(), std::string(9, 'v'));
      Record::FreeSlot(record);
    } else {
      Record::FreeSlot(record);
      EXPECT_EQ(record->key(), "k");
      Record::Free(record);
    }
  }
}

// Of a chain: above, slot.
class RecordSlotDeath : public RecordSlot {
 protected:
  void SetUp() override {
    record_ = Record::New(kTree, "k", Original(9), kInlineMax);
    slot_ = record_->TryInline(Original(9));
    ASSERT_NE(slot_, nullptr);
    record_->set_head(slot_);
    for (Version* const version : {above_, head_}) {
      version->set_previous(record_->head());
      version->Stamp(20);
      record_->set_head(version);
    }
  }
  void TearDown() override {
    for (Version* const version : {above_, head_, copy_}) Version::Free(version);
    Record::FreeSlot(record_);
    Record::Free(record_);
  }

  Record* record_ = nullptr;
  Version* slot_ = nullptr;
  Version* const above_ = Version::NewBytes("above", kNoExpiry);
  Version* const head_ = Version::NewBytes("head", kNoExpiry);
  Version* const copy_ = Version::NewBytes("copy", kNoExpiry);
};

TEST_F(RecordSlotDeath, ACopyTakesThePlaceOfTheVersionThere) {
  slot_->Stamp(10);
  record_->Displace(above_, copy_);
  EXPECT_EQ(above_->previous(), copy_);
  EXPECT_EQ(copy_->previous(), nullptr);
  EXPECT_EQ(copy_->commit_timestamp(), 10u);
  EXPECT_TRUE(slot_->unlinked());
  EXPECT_TRUE(slot_->displaced());
}

TEST_F(RecordSlotDeath, WhatIsNotCommittedDoesNotLeaveTheSlot) {
  slot_->PrepareAsLeader();
  EXPECT_DEATH(record_->Displace(above_, copy_), "in the middle of a commit");
}

TEST_F(RecordSlotDeath, OnlyWhatStandsRightAboveLetsGoOfIt) {
  slot_->Stamp(10);
  EXPECT_DEATH(record_->Displace(head_, copy_), "another version was to leave its slot");
}

TEST_F(RecordSlot, WhatIsCountedIsWhatWasAllocated) {
  Record* record = Record::New(kTree, "123", Original(10), kInlineMax);
  EXPECT_EQ(record->memory_bytes(), sizeof(Record) + 8 + sizeof(Version) + 16);
  ASSERT_NE(record->TryInline(Original(1)), nullptr);
  EXPECT_EQ(record->memory_bytes(), sizeof(Record) + 8 + sizeof(Version) + 16);
  Record::FreeSlot(record);
  Record::Free(record);
}

}  // namespace
}  // namespace nacre::mvcc
