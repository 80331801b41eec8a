#pragma once
/* Has the program use broken_peer.c: a library's file that nobody calls is left out. */
void broken_peer_link(void);
