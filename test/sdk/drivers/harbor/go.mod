module berth/harbor

go 1.21
