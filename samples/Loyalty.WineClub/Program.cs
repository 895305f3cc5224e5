await Loyalty.WineClub.WalkThrough.RunAsync(Console.Out);
