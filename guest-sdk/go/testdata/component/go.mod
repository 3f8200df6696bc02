module example.com/parts

go 1.25

require bugle v0.0.0

replace bugle => ../..
