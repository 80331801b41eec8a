#pragma once
/*
 * What version 1.5.2 of the transport leaks, for the leak checker of every program that uses it: a
 * message that is given to a connection while it breaks (its TCP send returns without a word), and
 * a listener or dialer that is closed while a peer still shakes hands: the connection is put among
 * those that wait for somebody to take them, nobody comes any more, and it keeps its endpoint.
 * Bounded by the number of broken connections. Nor are they told of: the last line that a program
 * prints for others to read stays the last. Weak, because a program may be client and server at
 * once.
 */
#ifdef __SANITIZE_ADDRESS__
const char *__lsan_default_suppressions(void);

__attribute__((weak)) const char *__lsan_default_suppressions(void)
{
        return "leak:libnng.so\n";
}

const char *__lsan_default_options(void);

__attribute__((weak)) const char *__lsan_default_options(void)
{
        return "print_suppressions=0";
}
#endif
