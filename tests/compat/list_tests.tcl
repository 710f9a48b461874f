# list_tests.tcl FILE: prints "name<TAB>tags" for each test of a unit of Redis's suite, in order, and
# runs none of them. The suite itself names neither the tests of a block that it leaves out by a tag, nor
# those that it never reaches; this list is what its results are held against.

# What the suite's own options would have set.
foreach name {singledb tls accurate valgrind verbose force_failure cluster_mode durable large_memory} {
    set ::$name 0
}
set ::external 1
set ::ignoredigest 1
set ::ignoreencoding 1
set ::inherited_tags {}

proc with_tags {tags code} {
    set outer $::inherited_tags
    lappend ::inherited_tags {*}[string map {\" ""} $tags]
    uplevel 2 $code
    set ::inherited_tags $outer
}

proc tags {tags code} {
    with_tags $tags $code
}

proc start_server {options {code {}}} {
    set tags {}
    foreach {option value} $options {
        if {$option eq "tags"} { set tags $value }
    }
    with_tags $tags $code
}

proc test {name code {expected {}} {tags {}}} {
    if {[string match "*\[\n\t\]*" $name]} { error "a name of more than a line: $name" }
    puts "$name\t[concat $::inherited_tags $tags]"
}

# A property of the server that some tests hang on: all of them are to be listed.
proc s {property} {
    return [dict get {mem_allocator jemalloc} $property]
}

# Between the tests stand calls of the suite's helpers and of the server; here they all answer nothing.
proc unknown args {}

source [lindex $argv 0]
