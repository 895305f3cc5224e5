using Loyalty.DuckDb;

return args switch
{
    ["sync", var file, var asOf, var threads] => Rival.Print(threads, Questions.Sync(file, asOf)),
    ["import", var folder, var threads] => Rival.Print(threads, Questions.Import(folder)),
    ["aggregation", var activities, var members] => Aggregation.Run(long.Parse(activities, Rival.Plain), long.Parse(members, Rival.Plain)),
    ["version"] => Rival.Print("1", "select version() as version"),
    _ => Rival.Usage(),
};
