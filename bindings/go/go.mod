module headway

go 1.19
