// SPDX-License-Identifier: GPL-3.0-or-later
// Only there to carry the headers that the tests of the window share, parsed once.
