module bugle

go 1.25
